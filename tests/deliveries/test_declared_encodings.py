"""An encoding is held against the bytes: nothing is read as other characters than were written."""

import pytest

HEADER = "code,remark,day\n"


def row(code: str, remark: str) -> str:
    return f"{code},{remark},2024-01-05\n"


UTF8_AS_GB = {
    "even numbers of characters": HEADER + row("A1", "重庆") + row("A2", "张三李四"),
    "one character": HEADER + row("A1", "中A"),
    "one character in many lines": HEADER + "".join(row(f"A{n}", "plain") for n in range(1000)) + row("A", "村B"),
    "a byte order mark": "\ufeff" + HEADER + row("A1", "重庆"),
    "names of columns": "code,remark,day,备注\n" + row("A1", "x,y"),
    "letters of two bytes": HEADER + row("A1", "naïve café à Übung"),
    "a character beyond the basic plane": HEADER + row("A1", "𠂇A"),
}


@pytest.mark.parametrize("name", UTF8_AS_GB)
def test_utf8_where_gb18030_is_declared_is_refused(site, name):
    site.deliver("probe/gbk/a.csv", UTF8_AS_GB[name])
    ingest, _ = site.take_in("probe")
    assert ingest.code != 0
    assert "it is text in UTF-8, and gb18030 is declared for it; declare `encoding: utf-8` in its source" in ingest.text
    assert not site.silver("probe__gbk")


IN_GB = [row(code, remark).encode("gb18030") for code, remark in (("A1", "重庆"), ("A2", "张三"), ("A3", "某镇"))]


def test_gb18030_where_utf8_is_declared_is_refused(site):
    site.deliver("probe/csv/a.csv", HEADER.encode() + b"".join(IN_GB))
    ingest, _ = site.take_in("probe")
    assert ingest.code != 0
    assert "it is text in GB18030 or GBK, and utf-8 is declared for it; declare `encoding: gb18030`" in ingest.text
    assert not site.silver("probe__csv")


def test_lines_in_gb18030_between_lines_in_utf8_are_set_aside(site):
    site.deliver("probe/csv/a.csv", HEADER.encode() + b"".join(IN_GB) + 6 * row("A4", "村").encode())
    site.run("ingest", "probe")
    assert site.quarantined("probe__csv") == {"BAD_ENCODING": 3}


def test_the_case_of_garbled_names(site):
    ingest, _ = site.case("12-utf8-where-gb18030-is-declared").take_in("probe")
    assert "it is text in UTF-8" in ingest.text
    assert not site.silver("probe__gbk")


GB = {
    "a single character that is valid UTF-8 too": (["楼"], "gb18030"),  # C2 A5
    "three of them": (["通", "楼", "路"], "gb18030"),
    "ordinary text": (["重庆市某县某镇", "张三"], "gb18030"),
    "characters of four bytes": (["㐀䶵", "𠀀"], "gb18030"),
    "plain ASCII": (["plain"], "ascii"),
}


@pytest.mark.parametrize("name", GB)
def test_gb18030_as_declared(site, name):
    remarks, encoding = GB[name]
    text = HEADER + "".join(row(f"A{n}", remark) for n, remark in enumerate(remarks))
    site.deliver("probe/gbk/a.csv", text.encode(encoding))
    site.take_in("probe")
    assert site.silver("probe__gbk", "remark") == sorted(remarks)


@pytest.mark.further
def test_a_byte_order_mark_of_utf8_before_plain_text_is_left_out(site):
    site.deliver("probe/gbk/a.csv", b"\xef\xbb\xbf" + (HEADER + row("A1", "plain")).encode())
    site.take_in("probe")
    assert site.silver("probe__gbk", "code") == ["A1"]


@pytest.mark.further
def test_lines_in_utf8_between_lines_in_gb18030(site):
    lines = [row("A1", "重庆").encode(), row("A2", "重庆").encode("gb18030"), row("A3", "x").encode()]
    site.deliver("probe/gbk/a.csv", HEADER.encode() + b"".join(lines))
    site.take_in("probe")
    assert site.silver("probe__gbk", "code", "remark") == [("A2", "重庆"), ("A3", "x")]
    assert site.quarantined("probe__gbk") == {"BAD_ENCODING": 1}


@pytest.mark.further
@pytest.mark.parametrize("encoding", ["gb18030", "latin-1"])
def test_other_encodings_where_utf8_is_declared(site, encoding):
    remark = {"gb18030": "重庆", "latin-1": "café"}[encoding]
    site.deliver("probe/csv/a.csv", (HEADER + row("A1", remark) + row("A2", "x")).encode(encoding))
    site.take_in("probe")
    assert site.silver("probe__csv", "code") == ["A2"]
    assert site.quarantined("probe__csv") == {"BAD_ENCODING": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("asset", ["csv", "gbk"])
def test_utf16_is_refused(site, asset, encoding):
    site.deliver(f"probe/{asset}/a.csv", (HEADER + row("A1", "重庆")).encode(encoding))
    ingest, _ = site.take_in("probe")
    assert ingest.code != 0
    assert "its header isn't text in" in ingest.text
