"""Workbooks whose cells are other than they seem: escapes, strict names, kinds of cells, days, the sheet to read."""

import datetime as dt
import io
import re
import warnings
import zipfile
from decimal import Decimal

import pytest
from openpyxl import Workbook

DAY = dt.date(2024, 1, 5)
MAIN, RELATIONS = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
)
STRICT = {
    MAIN: "http://purl.oclc.org/ooxml/spreadsheetml/main",
    RELATIONS: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
SHEET = "xl/worksheets/sheet1.xml"


def book(names: list[str], *rows: list, change=None, epoch: dt.datetime | None = None) -> bytes:
    """A workbook of one sheet, changed by a function before it is saved."""
    made, content = Workbook(), io.BytesIO()
    if epoch:
        made.epoch = epoch
    for row in (["code", "day", *names], *([f"A{n}", DAY, *row] for n, row in enumerate(rows, 1))):
        made.active.append(row)
    if change:
        change(made)
    made.save(content)
    return content.getvalue()


def rewritten(content: bytes, changes: dict[str, str], parts: str = ".*") -> bytes:
    """A workbook with other words in its parts."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name).decode()
            for theirs, ours in changes.items() if re.fullmatch(parts, name) else ():
                part = part.replace(theirs, ours)
            new.writestr(name, part)
    return changed.getvalue()


@pytest.fixture
def taken(site):
    """Takes in a workbook; returns silver of one column by code, and what is in quarantine."""

    def take(content: bytes, column: str, name: str = "a.xlsx") -> tuple[dict, dict]:
        site.deliver(f"probe/xl/{name}", content)
        with warnings.catch_warnings(action="error", category=UserWarning):
            ingest, refine = site.take_in("probe")
        assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
        return dict(site.silver("probe__xl", "code", column)), dict(site.quarantined("probe__xl"))

    return take


# escapes --------------------------------------------------------------------------------------------------------------


def test_escapes_of_the_file_format_are_undone(site):
    site.case("21-escapes-of-workbooks").take_in("probe")
    remarks = [remark.replace("\r\n", "\n") for remark in site.silver("probe__xl", "remark")]
    assert site.silver("probe__xl", "code")[0] == "A1"
    assert "first line\nsecond" in remarks
    assert "_x0041_ typed so" in remarks
    assert not site.quarantined("probe__xl")


ESCAPES = {
    "lower-case digits": ("a_x000a_b", "a\nb"),
    "at the beginning": ("_x0041_b", "Ab"),
    "next to each other": ("_x0041__x0042_", "AB"),
    "an escaped escape": ("_x005F_x000D_", "_x000D_"),
    "an escape twice escaped": ("_x005F_x005F_x005F_x000D_", "_x005F_x000D_"),
    "no escape: three digits": ("_x041_", "_x041_"),
    "no escape: a capital X": ("_X0041_", "_X0041_"),
    "no escape: no underscore": ("_x0041", "_x0041"),
    "Chinese": ("_x6751_委会", "村委会"),
    "a pair of surrogates": ("_xD842__xDFB7_田", "\U00020bb7田"),
}
KINDS = {
    "inline": '<c t="inlineStr"><is><t>{}</t></is></c>',
    "of a formula": '<c t="str"><f>A9</f><v>{}</v></c>',
    "with fonts": '<c t="inlineStr"><is><r><t>{}</t></r><rPh sb="0" eb="1"><t>reading</t></rPh></is></c>',
}


@pytest.mark.further
@pytest.mark.parametrize("kind", KINDS)
def test_escapes_anywhere_in_any_kind_of_text(taken, kind):
    texts = [escaped for escaped, _ in ESCAPES.values()]
    content = book(["remark"], *(["PLACE"] for _ in texts))
    row = '<row><c t="inlineStr"><is><t>A{}</t></is></c><c t="str"><v>2024-01-05</v></c>{}</row>'
    sheet = "".join(row.format(n, KINDS[kind].format(text)) for n, text in enumerate(texts))
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("code", "day", "rem_x0061_rk"))
    part = f'<worksheet xmlns="{MAIN}"><sheetData><row>{head}</row>{sheet}</sheetData></worksheet>'
    silver, quarantine = taken(with_sheet(content, part), "remark")
    assert silver == {f"A{n}": plain for n, (_, plain) in enumerate(ESCAPES.values())}
    assert not quarantine


def with_sheet(content: bytes, sheet: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return rewritten(content, {archive.read(SHEET).decode(): sheet}, re.escape(SHEET))


@pytest.mark.further
@pytest.mark.parametrize("half", ["_xD842_", "a_xDFB7_b", "_xDFB7__xD842_"])
def test_half_a_character_sets_its_row_aside(taken, half):
    silver, quarantine = taken(book(["remark"], [half], ["whole"]), "remark")
    assert silver == {"A2": "whole"}
    assert quarantine == {"BAD_ENCODING": 1}


# strict ---------------------------------------------------------------------------------------------------------------


def test_a_strict_workbook_is_read_and_nothing_is_warned_of(site):
    site.case("22-strict-workbooks")
    with warnings.catch_warnings(action="error", category=UserWarning):
        ingest, _ = site.take_in("probe")
    assert "Warning" not in ingest.err
    assert site.silver("probe__xl", "code", "day") == [("A1", DAY)]


@pytest.mark.further
def test_a_strict_workbook_with_shared_texts_merged_cells_and_days_as_text(taken):
    def merge(made):
        made.active.merge_cells("C2:C3")

    content = rewritten(book(["remark", "n"], ["a", 1], [None, 2], ["b", 3], change=merge), STRICT)
    content = rewritten(content, {"<v>45296</v>": "<v>2024-01-05T00:00:00.000</v>", 's="1" t="n"': 't="d"'}, SHEET)
    silver, quarantine = taken(content, "n")
    assert silver == {"A1": 1, "A3": 3}
    assert quarantine == {"MERGED_CELL": 1}


@pytest.mark.further
def test_sheets_without_a_part_are_passed_over_in_silence(taken):
    lost = '<sheets><sheet name="gone" sheetId="9"/>'
    content = rewritten(book(["n"], [1]), {"<sheets>": lost}, "xl/workbook.xml")
    assert taken(content, "n") == ({"A1": 1}, {})


def test_a_workbook_with_no_sheet_says_how_to_save_it(site):
    site.deliver("probe/xl/a.xlsx", rewritten(book(["n"], [1]), {' r:id="rId1"': ""}, "xl/workbook.xml"))
    assert "saved as Excel Workbook (.xlsx)" in site.run("ingest", "probe").text


# kinds of cells -------------------------------------------------------------------------------------------------------

CELLS = {
    "text that looks like a number": ("remark", "00123", None, "00123"),
    "text that looks like a date": ("remark", "2024-1-5", None, "2024-1-5"),
    "text that looks like a truth": ("remark", "TRUE", None, "TRUE"),
    "a long number": ("remark", 23_800_138_000, None, "23800138000"),
    "a code filled up with noughts": ("remark", 12_345, "000000", "012345"),
    "a code that needs no noughts": ("remark", 1_234_567, "000000", "1234567"),
    "fifteen digits": ("remark", 123_456_789_012_345, None, "123456789012345"),
    "an ID number": ("remark", 110_105_194_912_310_021, None, "LOST_DIGITS"),
    "a truth": ("flag", True, None, True),
    "no truth": ("flag", False, None, False),
    "a truth for a number": ("n", True, None, "BAD_TYPE"),
    "a share in percent": ("ratio", 0.125, "0.0%", 0.125),
    "an amount in a currency": ("amount_cny", 1234.5, '"¥"#,##0.00', Decimal("1234.50")),
    "an amount in red": ("amount_cny", -12.3, "#,##0.00;[Red]-#,##0.00", Decimal("-12.30")),
    "a tiny number": ("ratio", 1e-7, None, 1e-7),
    "a tiny amount": ("amount_cny", 1e-5, None, Decimal("0.00")),
    "a sum of fractions": ("big", 0.1 + 0.2, None, Decimal("0.30")),
    "a moment": ("closed_at", dt.datetime(2024, 1, 5, 8, 30), None, dt.datetime(2024, 1, 5, 8, 30, tzinfo=dt.UTC)),
    "a fraction of a second": (
        "closed_at",
        dt.datetime(2024, 1, 5, 8, 30, 0, 123_000),
        "yyyy-mm-dd hh:mm:ss.000",
        dt.datetime(2024, 1, 5, 8, 30, 0, 123_000, tzinfo=dt.UTC),
    ),
    "a moment as a day": ("closed_at", 45_296, "yyyy-mm-dd", dt.datetime(2024, 1, 5, tzinfo=dt.UTC)),
    "a time without a day": ("closed_at", dt.time(8, 30), "h:mm", "BAD_TYPE"),
    "a duration": ("ratio", 1.5, "[h]:mm", 1.5),
    "a day in a Chinese format": ("day", 45_296, 'yyyy"年"m"月"d"日"', DAY),
    "a number that is no day": ("day", 45_296, "General", "BAD_TYPE"),
    "a day below nought": ("day", -1, "yyyy-mm-dd", "ERROR_CELL"),
    "the last day": ("day", 2_958_465, "yyyy-mm-dd", dt.date(9999, 12, 31)),
    "a day after the last": ("day", 2_958_466, "yyyy-mm-dd", "ERROR_CELL"),
    "the first day": ("day", 1, "yyyy-mm-dd", dt.date(1900, 1, 1)),
    "the day before the one that wasn't": ("day", 59, "yyyy-mm-dd", dt.date(1900, 2, 28)),
    "the day that wasn't": ("day", 60, "yyyy-mm-dd", "ERROR_CELL"),
    "the day after the one that wasn't": ("day", 61, "yyyy-mm-dd", dt.date(1900, 3, 1)),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells_stay_what_they_are(taken, name):
    column, value, form, expected = CELLS[name]

    def set_it(made):
        cell = made.active["B2" if column == "day" else "C2"]
        cell.value = value
        cell.number_format = form or cell.number_format

    silver, quarantine = taken(book([] if column == "day" else [column], [None], change=set_it), column)
    if isinstance(expected, str) and expected.isupper() and "_" in expected:
        assert (silver, set(quarantine)) == ({}, {expected})
    else:
        assert (silver, quarantine) == ({"A1": expected}, {})


@pytest.mark.further
def test_days_that_count_from_1904(taken):
    from_1904 = dt.datetime(1904, 1, 1)

    def times(made):
        for place, value in (("B2", 0), ("B3", 43_834), ("C2", 0.25), ("C3", 43_834.25)):
            made.active[place].value = value
        made.active["B2"].number_format = made.active["B3"].number_format = "yyyy-mm-dd"
        made.active["C2"].number_format, made.active["C3"].number_format = "h:mm", "yyyy-mm-dd h:mm"

    silver, quarantine = taken(book(["closed_at"], [None], [None], change=times, epoch=from_1904), "closed_at")
    assert silver == {"A2": dt.datetime(2024, 1, 5, 6, tzinfo=dt.UTC)}
    assert quarantine == {"BAD_TYPE": 1}  # a time of day is no moment of 1904


@pytest.mark.further
def test_workbooks_with_macros_are_read_and_macros_left_alone(taken):
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    content = rewritten(book(["n"], [1]), {kind: "application/vnd.ms-excel.sheet.macroEnabled.main+xml"}, r"\[.*")
    assert taken(content, "n", "a.XLSM") == ({"A1": 1}, {})


# the sheet to read ----------------------------------------------------------------------------------------------------


def three(made):
    made.active.title = "说明"
    for name, codes in (("2024年", ["B1", "B2"]), ("Secret", ["S1"])):
        sheet = made.create_sheet(name)
        for row in (["code", "day"], *([code, DAY] for code in codes)):
            sheet.append(row)
    sheet.sheet_state = "hidden"


@pytest.fixture
def wanting(site, tmp_path):
    """Takes in a workbook of three sheets with a setting of the asset."""

    def want(setting: str, change=three):
        source = "title: {en: Probe, zh: 探针}\nassets:\n  xl: {format: xlsx, %s}\n"
        contract = site.workspace / "conf/contracts/probe/xl.yaml"
        own = tmp_path / "workspace/conf"
        (own / "sources").mkdir(parents=True, exist_ok=True)
        (own / "contracts/probe").mkdir(parents=True, exist_ok=True)
        (own / "sources/probe.yaml").write_text(source % setting, encoding="utf-8")
        (own / "contracts/probe/xl.yaml").write_bytes(contract.read_bytes())
        site.workspace = own.parent
        site.deliver("probe/xl/a.xlsx", book([], [], change=change))
        return site.run("ingest", "probe"), site.run("refine", "probe"), site.silver("probe__xl", "code")

    return want


@pytest.mark.further
@pytest.mark.parametrize(
    ("setting", "codes"),
    [
        ("optional: true", ["A1"]),
        ("sheet: 1", ["A1"]),
        ("sheet: 2", ["B1", "B2"]),
        ("sheet: 2024年", ["B1", "B2"]),
        ("sheet: secret", ["S1"]),
    ],
)
def test_a_sheet_is_read_by_its_name_or_its_number(wanting, setting, codes):
    assert wanting(setting)[2] == codes


@pytest.mark.parametrize(("skipped", "codes"), [(0, []), (2, ["A1"]), (4, ["A1"])])
def test_rows_above_the_header_are_skipped(wanting, skipped, codes):
    def titled(made):
        made.active.insert_rows(1, 4)
        made.active["A1"], made.active["B2"] = "Planting in 2024", dt.date(2024, 12, 31)

    assert wanting(f"skip_rows: {skipped}", titled)[2] == codes


@pytest.mark.parametrize("setting", ["sheet: 3", "sheet: 2023年"])
def test_a_sheet_that_is_not_there_is_named_by_the_number_of_those_that_are(wanting, setting):
    text = wanting(setting)[0].text
    assert "it has 2 sheets that show, and none is what the asset's `sheet` asks for" in text
    assert "Secret" not in text
    assert "2024年" not in text


def test_a_setting_of_another_format_is_refused(wanting):
    text = wanting("sheet: 1, max_rows: 5")[0].text
    assert "'max_rows' is a setting of parquet, and the format is xlsx" in text


# what is too much -----------------------------------------------------------------------------------------------------


def test_a_small_workbook_of_a_hundred_million_cells_is_refused(site):
    made = io.BytesIO()
    whole = book(["n"], [1])
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, b"<c/>" * (20 << 20) if name == SHEET else old.read(name))
    site.deliver("probe/xl/a.xlsx", made.getvalue())
    assert "takes 80 MB, and a workbook's may take 64" in site.run("ingest", "probe").text


def test_a_workbook_of_endless_parts_is_refused(site):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as new:
        for n in range(10_001):
            new.writestr(str(n), b"")
    site.deliver("probe/xl/a.xlsx", made.getvalue())
    assert "it has more than 10,000 parts" in site.run("ingest", "probe").text
