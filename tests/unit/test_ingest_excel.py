"""Workbooks as offices send them, and as nobody should: every row ends whole or with a reason, in bounded memory."""

import datetime as dt
import tracemalloc
import warnings

import pytest
from workbooks import BOOK, SHEET, STRINGS, STYLES, cells, with_part, with_sheet, with_strings, workbook

from conf.schema.errors import FieldstoneError
from conf.schema.source import Asset
from conf.schema.workspace import load
from pipeline.ingest.files.excel import header
from pipeline.ingest.files.formats import Origin, parse

CONTRACT = load().contract("housing__rural_house")
NAMES = ["house_unit_no", "household_no", "floor_area_m2", "registered_date"]
STRING_TABLE = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</sst>'
ID = 110105194912310021


@pytest.fixture
def read(tmp_path):
    """Reads a workbook; returns rows without what is null, and without their origin."""

    def rows(content: bytes, **asset) -> list[dict]:
        path = tmp_path / "file.xlsx"
        path.write_bytes(content)
        batches = parse(str(path), Origin("drop/file.xlsx", "sha"), Asset(format="xlsx", **asset), CONTRACT)
        parsed = [row for batch in batches for row in batch.to_pylist()]
        assert {row.pop("_source_ref") for row in parsed} <= {"drop/file.xlsx#sha"}
        return [{name: value for name, value in row.items() if value is not None} for row in parsed]

    return rows


@pytest.fixture
def refused(read):
    """The error that a workbook ends in; nothing is warned of, for a warning could hold a value."""

    def refuse(content: bytes) -> str:
        with warnings.catch_warnings(action="error"), pytest.raises(FieldstoneError) as error:
            read(content)
        return str(error.value)

    return refuse


def test_values_are_read_as_a_person_sees_them(read):
    moment = dt.datetime(2024, 2, 1, 8, 30)
    rows = [
        NAMES,
        ["U1", "001", 12.0, dt.date(2024, 2, 1)],
        ["U2", True, 0.1 + 0.2, moment],
        ["U3", 123456789012345, -3, dt.time(8, 30)],
    ]
    assert [list(row.values()) for row in read(workbook(rows))] == [
        ["U1", "001", "12", "2024-02-01"],
        ["U2", "true", "0.3", "2024-02-01T08:30:00"],
        ["U3", "123456789012345", "-3", "08:30:00"],
    ]


@pytest.mark.parametrize("form", [31, 57, 58])
def test_dates_in_chinese_formats_are_dates_although_the_file_does_not_spell_them_out(read, form):
    content = workbook([NAMES, ["U1", "1", 1, dt.date(2024, 2, 1)]])
    styles = with_part(
        content,
        STYLES,
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs>'
        f'<xf numFmtId="0"/><xf numFmtId="{form}"/></cellXfs></styleSheet>',
    )
    assert read(styles)[0]["registered_date"] == "2024-02-01"


def test_dates_count_from_1904_where_the_workbook_says_so(read):
    content = workbook([NAMES, ["U1", "1", 1, dt.date(2024, 2, 1)]])
    book = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<workbookPr date1904="1"/><sheets><sheet name="s" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    assert read(with_part(content, BOOK, book))[0]["registered_date"] == "2028-02-02"


@pytest.mark.parametrize(("number", "kept"), [(ID, "110105194912310���"), (1e15, "100000000000000�")])
def test_digits_that_excel_has_lost_set_the_row_aside(read, number, kept):
    (row,) = read(workbook([NAMES, ["U1", number, 1, "2024-02-01"]]))
    assert (row["_reject"], row["household_no"]) == ("LOST_DIGITS", kept)


def test_errors_and_formulas_that_were_never_computed_set_the_row_aside(read):
    rows = read(workbook([NAMES, ["U1", "1", "#REF!", "x"], ["U2", "1", "=1+1", "x"], ["U3", "1", 2, "x"]]))
    assert [(row["house_unit_no"], row.get("_reject")) for row in rows] == [
        ("U1", "ERROR_CELL"),
        ("U2", "ERROR_CELL"),
        ("U3", None),
    ]


def test_a_formula_counts_by_its_last_value(read):
    row = '<row><c t="str"><f>A9</f><v>U1</v></c><c><f>1+1</f><v>2</v></c><c t="str"><f>A8</f><v></v></c></row>'
    assert read(with_sheet(cells(*NAMES) + row)) == [{"house_unit_no": "U1", "household_no": "2"}]


def test_a_number_that_is_no_date_sets_its_row_aside(read):
    def break_it(sheet):
        sheet["D2"].value, sheet["D2"].number_format = -1e9, "yyyy-mm-dd"

    (row,) = read(workbook([NAMES, ["U1", "1", 1, "x"]], break_it))
    assert (row["_reject"], row["registered_date"]) == ("ERROR_CELL", "�")


def test_shared_texts_are_read_without_their_reading_aids(read):
    strings = "<si><t>house_unit_no</t></si><si><r><t>U</t></r><r><t>1</t></r><rPh><t>you yi</t></rPh></si>"
    sheet = with_sheet('<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row>')
    assert read(with_strings(sheet, STRING_TABLE.format(strings))) == [{"house_unit_no": "U1"}]


def test_undeclared_columns_set_no_row_aside(read):
    assert read(workbook([[*NAMES, "remark"], ["U1", "1", 1, "x", "#N/A"], ["U2", "1", 1, "x", ID]])) == [
        {"house_unit_no": unit, "household_no": "1", "floor_area_m2": "1", "registered_date": "x"}
        for unit in ("U1", "U2")
    ]


def test_a_merged_cell_sets_aside_the_rows_it_reaches_into_from_above(read):
    def merge(sheet):
        sheet.merge_cells("B2:B3")
        sheet.merge_cells("A5:C5")
        sheet.merge_cells("E2:E5")

    units = [[f"U{n}", "1", 1, "x", "note"] for n in range(1, 5)]
    rows = read(workbook([[*NAMES, "remark"], *units], merge))
    assert {row["house_unit_no"]: row.get("_reject") for row in rows} == {
        "U1": None,
        "U2": "MERGED_CELL",
        "U3": None,
        "U4": None,
    }
    assert [row["household_no"] for row in rows if "_reject" in row] == ["�"]


def test_blank_rows_are_left_out_hidden_ones_are_read_and_the_header_is_the_first_that_is_filled(read):
    def hide(sheet):
        sheet.row_dimensions[4].hidden = True

    content = workbook([[], ["", "　"], [" house_unit_no ", None, "floor_area_m2"], ["U1", None, 1], [], [" "]], hide)
    assert read(content) == [{"house_unit_no": "U1", "floor_area_m2": "1"}]


def test_a_value_below_no_name_sets_its_row_aside_as_it_is(read):
    rows = read(workbook([["house_unit_no", None, "household_no"], ["U1", None, 'a "b"', "more"], ["U2", "x"], ["U3"]]))
    assert [row.get("_raw", row.get("house_unit_no")) for row in rows] == ["U3", 'U1,"a ""b""",more', "U2,x"]
    assert [row.get("_reject") for row in rows] == [None, "RAGGED_ROW", "RAGGED_ROW"]


def test_columns_are_renamed(read):
    assert read(workbook([["单元"], ["U1"]]), rename={"单元": "house_unit_no"}) == [{"house_unit_no": "U1"}]


def test_two_names_for_one_column_are_refused(refused):
    text = "drop/file.xlsx can't be read: the header names 1 columns twice; ask the partner which of them is meant"
    assert refused(workbook([["a", "b", "a"], [1, 2, 3]])).startswith(text)


def test_the_first_sheet_that_shows_is_read_and_the_others_are_counted(read, tmp_path):
    def more(sheet):
        sheet.parent.create_sheet("codes", 0).sheet_state = "hidden"
        sheet.parent.create_sheet("help").append(["x"])
        sheet.parent.active = 1

    content = workbook([["house_unit_no"], ["U1"]], more)
    assert read(content) == [{"house_unit_no": "U1"}]
    assert header(str(tmp_path / "file.xlsx"), Asset(format="xlsx")) == (["house_unit_no"], 1)


# what is no workbook, or too much of one -----------------------------------------------------------------------------

WHOLE = workbook([NAMES, *(["U", "1", n, "x"] for n in range(50))])
NAME = '<!DOCTYPE x [<!ENTITY a "{}">]>'.format("a" * 1000)
LONG = f"<c><v>{'1' * 1_000}</v></c>"
DAMAGED = "drop/file.xlsx can't be read: it isn't a complete xlsx"
LARGE = "ask for CSV or Parquet, or for a new workbook with nothing but the values"
UGLY = {
    "no zip": (b"house_unit_no\nU1\n", DAMAGED),
    "empty": (b"", DAMAGED),
    "cut off": (WHOLE[:-30], DAMAGED),
    "a zip of something else": (with_part(WHOLE, "[Content_Types].xml", "<x/>"), DAMAGED),
    "under a password": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "it has a password or the old .xls format"),
    "damaged XML": (with_part(WHOLE, SHEET, "<worksheet><sheetData>"), DAMAGED),
    "an empty sheet": (workbook([]), "its sheet is empty, it has not even a header"),
    "a document type": (with_part(WHOLE, SHEET, NAME + "<worksheet/>"), DAMAGED),
    "a document type in another encoding": (with_part(WHOLE, SHEET, (NAME + "<x/>").encode("utf-16")), DAMAGED),
    "a document type in a small part": (with_part(WHOLE, BOOK, NAME + "<workbook/>"), DAMAGED),
    "a text that isn't there": (with_sheet('<row><c t="s"><v>99</v></c></row>'), DAMAGED),
    "a number that is none": (with_sheet(cells("a") + "<row><c><v>many</v></c></row>"), DAMAGED),
    "infinity": (with_sheet(cells("a") + "<row><c><v>1e999</v></c></row>"), DAMAGED),
    "rows out of order": (with_sheet('<row r="3"><c><v>1</v></c></row><row r="2"/>'), DAMAGED),
    "a row beyond Excel's": (with_sheet('<row r="1"><c><v>1</v></c></row><row r="99999999999"/>'), DAMAGED),
    "a column beyond Excel's": (with_sheet('<row><c r="ZZZ1"><v>1</v></c></row>'), DAMAGED),
    "a cell twice": (with_sheet('<row><c r="A1"><v>1</v></c><c r="A1"><v>1</v></c></row>'), DAMAGED),
    "a text longer than a cell": (with_sheet(cells("a" * 40_000)), DAMAGED),
    "a row of endless cells": (with_sheet(f"<row>{LONG * 5_000}</row>"), DAMAGED),
    "a cell without end": (with_sheet(f"<row><c><v>{'1' * 5_000_000}</v></c></row>"), DAMAGED),
    "texts that unpack to too much": (
        with_strings(WHOLE, b" " * (65 << 20)),
        f"its part {STRINGS} takes 65 MB, and a workbook's may take 64; {LARGE}",
    ),
    "a workbook part that unpacks to too much": (
        with_part(WHOLE, BOOK, b" " * (5 << 20)),
        f"its part {BOOK} takes 5 MB",
    ),
    "more than a workbook's bytes": (b"PK" + bytes(65 << 20), "the file takes 65 MB"),
}


@pytest.mark.parametrize("name", UGLY)
def test_what_is_no_workbook_is_refused_in_bounded_memory(refused, name):
    content, text = UGLY[name]
    tracemalloc.start()
    try:
        refusal = refused(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert text in refusal
    assert "Nothing of it was stored" in refusal
    assert peak < 100 << 20


def test_a_sheet_that_claims_everything_takes_no_memory(read):
    claims = '<dimension ref="A1:XFD1048576"/>{}<mergeCells><mergeCell ref="B2:XFD1048576"/></mergeCells>'
    last = '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>U1</t></is></c></row>'
    content = with_sheet(cells("house_unit_no") + "<row/>" * 20_000 + last, claims)
    tracemalloc.start()
    try:
        assert read(content) == [{"house_unit_no": "U1"}]
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_one_text_in_every_cell_is_handed_on_in_pieces(tmp_path):
    rows = [["house_unit_no", "address"], *([str(n), "x" * 30_000] for n in range(1_000))]
    (tmp_path / "file.xlsx").write_bytes(workbook(rows))
    batches = parse(str(tmp_path / "file.xlsx"), Origin("f", "s"), Asset(format="xlsx"), CONTRACT)
    sizes = [(batch.num_rows, batch.nbytes) for batch in batches]
    assert sum(count for count, _ in sizes) == 1_000
    assert max(size for _, size in sizes) < 10 << 20
