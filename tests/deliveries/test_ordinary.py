"""An ordinary delivery goes through; what the other tests here change is changed from this."""

HEADER = "code,acct,remark,day,n,amount_cny,big,ratio,closed_at,flag\n"


def test_an_ordinary_file_goes_to_silver(site):
    site.deliver("probe/csv/a.csv", HEADER + "A1,6228481234567890123,good,2024-01-05,3,1.50,,0.5,,true\n")
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    assert site.silver("probe__csv", "code", "remark", "n") == [("A1", "good", 3)]
    assert not site.quarantined("probe__csv")
