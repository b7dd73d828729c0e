"""A quote too many: the rows after it never end under the name of the first, and none of them is lost."""

import pytest

SWALLOWED = {
    "a quote opened in one row and closed two rows later": ('A1,"x,2024-01-05\nA2,y,2024-01-05\nA3,z",2024-01-05\n', 3),
    "closed in the next row": ('A1,"x,2024-01-05\nA2,y",2024-01-05\n', 2),
    "closed by a value that is quoted itself": ('A1,"x,2024-01-05\nA2,"y",2024-01-05\n', 2),
    "in the first column": ('"A1,x,2024-01-05\nA2",y,2024-01-05\n', 2),
    "in the last column": ('A1,x,"2024-01-05\nA2,y,2024-01-05"\n', 2),
    "in the last column, to the end without a line break": ('A1,x,"2024-01-05\nA2,y,2024-01-05', 2),
    "open to the end": ('A1,"x,2024-01-05\nA2,y,2024-01-05\n', 2),
    "by carriage returns": ('A1,"x,2024-01-05\rA2,y,2024-01-05\rA3,z",2024-01-05\r', 3),
    "after a delimiter of its own": ('A1,"a, b,2024-01-05\nA2,5",2024-01-05\n', 2),
    "over a value with a delimiter of its own": ('A1,"a, b,2024-01-05\nA2,x, y,2024-01-05\nA3,5",2024-01-05\n', 3),
    "over rows that end in a delimiter": ('A1,"a,2024-01-05,\nA2,x,2024-01-05,\nA3,5",2024-01-05\n', 3),
    "before a delimiter of another's own": ('A1,"a,2024-01-05\nA2,x, 5",2024-01-05\n', 2),
    "over an empty value in quotes": ('A1,"x,2024-01-05\nA2,"",2024-01-05\nA3,z",2024-01-05\n', 3),
}


@pytest.mark.parametrize("name", SWALLOWED)
def test_rows_that_a_quote_swallows_are_set_aside(site, name):
    lines, count = SWALLOWED[name]
    whole = "A8,whole,2024-01-05\n".replace("\n", "\r" if "\r" in lines else "\n")
    site.deliver("probe/csv/a.csv", "code,remark,day\n" + whole + lines)
    site.take_in("probe")
    assert site.silver("probe__csv", "code", "remark") == [("A8", "whole")]
    assert site.quarantined("probe__csv") == {"RAGGED_ROW": count}


def test_nobody_gets_the_house_of_another(site):
    site.own().case("01-stray-quotes-merge-rows")
    site.take_in("consent")
    ingest, refine = site.take_in("housing")
    assert "8 rows in 1 part, 5 stored, 0 not authorised, 3 quarantined" in ingest.out
    assert "share of rows rejected at admission 37.5%" in refine.err
    shown = site.run(
        *("subject", "show", "--subject", "-", "--purpose", "credit_assessment", "--why", "test"),
        stdin="50010219800101001X\n",
    )
    assert "village" not in shown.text
    assert site.quarantined("housing__rural_house") == {"RAGGED_ROW": 3}


@pytest.mark.further
def test_a_text_may_hold_line_breaks_and_end_in_one(site):
    site.case("26-a-text-that-ends-in-a-line-break")
    site.deliver(
        "probe/csv/b.csv", 'code,day,remark\nB1,2024-01-05,"one, two\r\n\r\nthree ""four""\n"\nB2,2024-01-05,y'
    )
    site.take_in("probe")
    assert site.silver("probe__csv", "code") == ["A1", "A2", "B1", "B2"]
    kept = {row["code"]: row["remark"] for row in site._rows("bronze_probe__csv")}
    assert kept["A1"] == "two lines\nof text\n"
    assert kept["B1"] == 'one, two\r\n\r\nthree "four"\n'
    assert not site.quarantined("probe__csv")


@pytest.mark.further
def test_a_header_is_read_as_rows_are(site):
    header = '\ufeff\n code ,"remark, or\nnote","day", "n"\r\n'
    site.deliver("probe/csv/a.csv", header + "A1,y,2024-01-05,1\r\n")
    ingest, _ = site.take_in("probe")
    assert ingest.code == 0, ingest.text
    assert site.silver("probe__csv", "code") == ["A1"]


def test_a_header_that_swallows_rows_is_refused(site):
    site.deliver("probe/csv/a.csv", 'code,day,"remark\nA1,2024-01-05,x"\nA2,2024-01-05,y\n')
    ingest, _ = site.take_in("probe")
    assert ingest.code != 0
    assert "a quote in its header swallows lines after it; ask the partner for quotes that are closed" in ingest.text
