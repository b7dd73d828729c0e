"""How a partner writes its text is said in its source: delimiter, lines before the header, what stands for nothing."""

import shutil

import pytest

HEADER = ("code", "remark", "day", "n", "acct")
ROW = ("A1", 'a, b; c | d "e"', "2024-01-05", "3", "6228481234567890123")


def settings(site, asset: str, *more: str) -> None:
    """Give the site a probe whose assets are declared by these lines."""
    site.workspace = site.folder / "workspace"
    shutil.copytree(site.__class__.workspace, site.workspace)
    lines = ["title: {en: Probe, zh: 探针}", *more, "assets:", f"  csv: {{optional: true{asset}}}"]
    lines += ["  gbk: {encoding: gb18030, optional: true}", "  jl: {format: jsonl, optional: true}"]
    lines += ["  pq: {format: parquet, optional: true}", "  xl: {format: xlsx, optional: true}"]
    (site.workspace / "conf" / "sources" / "probe.yaml").write_text("\n".join(lines))


@pytest.mark.parametrize("delimiter", ["\t", "|", ";", "^", "\x01"], ids=repr)
def test_another_delimiter(site, delimiter):
    settings(site, f', delimiter: "{delimiter}"'.replace("\t", "\\t").replace("\x01", "\\x01"))
    row = [ROW[0], '"a, b; c | d ""e"""', *ROW[2:]]
    swallowed = ['B1;"x'.replace(";", delimiter), *[delimiter] * 3, "\n", 'B2;y"'.replace(";", delimiter)]
    lines = [delimiter.join(HEADER), delimiter.join(row), "".join(swallowed) + delimiter * 3]
    site.deliver("probe/csv/a.csv", "\n".join(lines))
    site.take_in("probe")
    assert site.silver("probe__csv", "code", "remark") == [("A1", ROW[1])]
    assert site.quarantined("probe__csv") == {"RAGGED_ROW": 2}


@pytest.mark.further
def test_lines_before_the_header(site):
    settings(site, ", skip_rows: 2")
    title = '某县"台账,,,\n制表："\n,,,\n'
    site.deliver("probe/csv/a.csv", "\ufeff" + title + "code,remark,day\nA1,x,2024-01-05\n")
    site.take_in("probe")
    assert site.silver("probe__csv", "code", "remark") == [("A1", "x")]


def test_more_lines_to_skip_than_there_are(site):
    settings(site, ", skip_rows: 9")
    site.deliver("probe/csv/a.csv", "code,remark,day\nA1,x,2024-01-05\n")
    ingest, _ = site.take_in("probe")
    assert ingest.code != 0
    assert "it has no header; ask the partner for one, or correct `skip_rows` in its source" in ingest.text


def test_what_stands_for_nothing_is_null_in_every_format(site):
    settings(site, "", 'null_tokens: [NA, "NULL", "-", "——"]')
    site.deliver(
        "probe/csv/a.csv", "code,remark,day,n\nA1,NA,2024-01-05,-\nA2,N/A,2024-01-05,\u3000NULL \nA3,na,NA,1\n"
    )
    site.deliver("probe/gbk/a.csv", "code,remark,day,n\nA1,——,2024-01-05,1\n".encode("gb18030"))
    site.deliver("probe/jl/a.jsonl", '{"code": "A1", "remark": "NULL", "day": "2024-01-05", "n": "-"}\n')
    site.take_in("probe")
    assert site.silver("probe__csv", "code", "remark", "n") == [("A1", None, None), ("A2", "N/A", None)]
    assert site.quarantined("probe__csv") == {"MISSING_VALUE": 1}
    assert site.silver("probe__gbk", "code", "remark") == [("A1", None)]
    assert site.silver("probe__jl", "code", "remark", "n") == [("A1", None, None)]


@pytest.mark.further
def test_an_asset_has_its_own_words_for_nothing(site):
    settings(site, ", null_tokens: [nil]", "null_tokens: [NA]")
    site.deliver("probe/csv/a.csv", "code,remark,day\nA1,NA,2024-01-05\nA2,nil,2024-01-05\n")
    site.take_in("probe")
    assert site.silver("probe__csv", "code", "remark") == [("A1", "NA"), ("A2", None)]


@pytest.mark.parametrize(
    ("asset", "words"),
    [
        (', delimiter: ""', "delimiter"),
        (', delimiter: "||"', "delimiter"),
        (', delimiter: "，"', "delimiter"),
        (", delimiter: '\"'", "delimiter"),
        (', delimiter: "\\n"', "delimiter"),
        (", delimiter: a", "delimiter"),
        (", skip_rows: -1", "skip_rows"),
        (", format: jsonl, skip_rows: 1", "'skip_rows' is a setting of csv and xlsx, and the format is jsonl"),
        (', format: xlsx, delimiter: ";"', "'delimiter' is a setting of csv, and the format is xlsx"),
    ],
)
def test_settings_that_cannot_be(site, asset, words):
    settings(site, asset)
    ran = site.run("ingest", "probe")
    assert ran.code != 0
    assert words in ran.err
