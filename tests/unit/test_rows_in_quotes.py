"""Rows that a quote has swallowed are told though one of them is a field short; texts of several lines are one."""

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conf.schema.contract import Contract
from conf.schema.source import Asset
from pipeline.ingest.files.formats import Origin, parse
from tests.integration.landing import person

STATED = {
    "table": "farm__visit",
    "title": {"en": "Visits", "zh": "走访"},
    "grain": "one row per visit",
    "primary_key": ["visit_no"],
    "subject": {"column": "holder_id_no", "kind": "resident_id"},
    "event_time": "visit_date",
    "lawful_basis": "contract",
    "purposes": ["credit_assessment"],
    "retention_days": 30,
    "columns": {
        "visit_no": {"pattern": r"^V\d{6}$"},
        "holder_id_no": {"identifier": "resident_id", "class": "C2"},
        "remark": {},
        "visit_date": {"type": "date", "required": True},
        "area_mu": {"type": "decimal(10,2)"},
        "direction": {"values": ["in", "out"]},
        "note": {},
    },
}
COLUMNS = {name: {"type": "string", "en": "A", "zh": "甲"} | column for name, column in STATED["columns"].items()}
CONTRACT = Contract.model_validate(STATED | {"columns": COLUMNS})
NAMES = list(CONTRACT.columns)
WIDTH = len(NAMES)


def row(number: int, **changes) -> list[str]:
    """A row as a partner writes it."""
    values = [f"V{number:06d}", person(number), f"remark {number}", "2024-01-05", "3.50", "in", f"note {number}"]
    return [changes.get(name, value) for name, value in zip(NAMES, values, strict=True)]


def short(number: int, without: str) -> list[str]:
    """A row in which a field is missing, with its delimiter."""
    return [value for name, value in zip(NAMES, row(number), strict=True) if name != without]


def reasons(path, lines: list[str], delimiter: str = ",") -> list[tuple[str | None, str | None]]:
    """(reason, visit) of the rows of a file, or of lines."""
    path.write_text("\n".join([delimiter.join(NAMES), *lines]) + "\n", encoding="utf-8", newline="")
    batches = parse(str(path), Origin("a", "b"), Asset(delimiter=delimiter), CONTRACT)
    return [(each["_reject"], each["visit_no"]) for batch in batches for each in batch.to_pylist()]


def merged(first: list[str], last: list[str], column: int, closing: int, between: tuple = ()) -> str:
    """Rows of which a value of the first opens a quote that one of the last closes."""
    first, last = list(first), list(last)
    first[column] = '"' + first[column]
    last[closing] = last[closing] + '"'
    return "\n".join(",".join(each) for each in (first, *between, last))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a"


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
@pytest.mark.parametrize("without", NAMES[3:])
def test_a_short_row_and_the_next_do_not_become_one(path, delimiter, without):
    """The first is short of a field behind the quote, so that both together have as many as a row."""
    lines = merged(short(1, without), row(2), 2, 2)
    outcomes = reasons(path, [each.replace(",", delimiter) for each in lines.split("\n")], delimiter)
    assert [reason for reason, _ in outcomes] == ["RAGGED_ROW"] * 2


@pytest.mark.parametrize("kept", range(3, WIDTH))
def test_a_row_that_breaks_off_behind_the_quote_and_the_next_do_not_become_one(path, kept):
    outcomes = reasons(path, merged(row(1)[:kept], row(2), 2, 2).split("\n"))
    assert [reason for reason, _ in outcomes] == ["RAGGED_ROW"] * 2


@pytest.mark.parametrize("without", NAMES[:6])
def test_a_short_row_between_is_told(path, without):
    outcomes = reasons(path, [*merged(row(1)[:3], row(3), 2, 2, (short(2, without),)).split("\n"), ",".join(row(4))])
    assert [reason for reason, _ in outcomes] == [None] + ["RAGGED_ROW"] * 3


@pytest.mark.parametrize("without", NAMES[:2])
def test_a_last_row_that_is_short_before_the_quote_is_told(path, without):
    """Of its first three fields two are left, and the quote closes behind the second."""
    begun = [value for name, value in zip(NAMES[:3], row(2)[:3], strict=True) if name != without]
    text = f'{row(1)[0]},{row(1)[1]},"text\n{",".join(begun)}",{",".join(row(2)[3:])}'
    assert [reason for reason, _ in reasons(path, text.split("\n"))] == ["RAGGED_ROW"] * 2


def test_the_end_of_a_row_before_a_text_is_told(path):
    """The quote stands in the first column, where nothing goes before that could tell."""
    rest = ",".join(row(1)[1:6])
    text = f'"V000001,{rest}\nV000002",{",".join(row(2)[1:])}'
    assert [reason for reason, _ in reasons(path, text.split("\n"))] == ["RAGGED_ROW"] * 2


TEXTS = {
    "a list": "1, apples\n2, pears\n3, plums",
    "dates": "2024-01-05, sown\n2024-02-01, harvested\n",
    "another visit by its number": "see V000001\nand V000002, of last year",
    "an ID number of somebody": f"signed for:\nby {person(9)}, her son",
    "a table": "in, 3.5, 2024-01-05\nout, 2.5, 2024-02-01",
    "blank lines": "\n\n, ,\n\n",
    "amounts": "1,234.50\n2,345.60",
}


@pytest.mark.parametrize("column", ["remark", "note"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_of_several_lines_is_one(path, name, column):
    text = f'"{TEXTS[name]}"'
    assert reasons(path, [",".join(row(1, **{column: text}))]) == [(None, "V000001")]


LEGAL = st.text(st.sampled_from('V0123456-:. \n,"in村'), max_size=60)


@given(texts=st.lists(st.tuples(LEGAL, LEGAL), min_size=1, max_size=5), column=st.sampled_from(["remark", "note"]))
def test_texts_that_a_writer_of_csv_quotes_come_back(path, texts, column):
    assume(not any(line.count(",") >= 2 for pair in texts for line in "".join(pair).split("\n")))
    rows = [row(n, **{column: "\n".join(pair)}) for n, pair in enumerate(texts)]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    assert reasons(path, out.getvalue().rstrip("\n").split("\n")) == [(None, each[0]) for each in rows]


@given(
    kept=st.integers(3, WIDTH),
    gaps=st.lists(st.sampled_from([None, *NAMES]), max_size=3),
    closing=st.integers(2, WIDTH - 1),
)
def test_rows_never_end_under_the_name_of_another(path, kept, gaps, closing):
    """Whatever is swallowed between, and wherever the quote closes: no row holds the number of another."""
    between = [row(n + 2) if gap is None else short(n + 2, gap) for n, gap in enumerate(gaps)]
    lines = merged(row(1)[:kept], row(9), 2, closing, tuple(between)).split("\n")
    outcomes = reasons(path, [",".join(row(0)), *lines, ",".join(row(8))])
    assert [visit for reason, visit in outcomes if reason is None] == ["V000000", "V000008"]
    assert [reason for reason, _ in outcomes if reason] == ["RAGGED_ROW"] * len(lines)
