"""The columns of JSON lines are those of all records, and a damaged line is one bad row."""

import json

import pytest
from deltalake import DeltaTable

GOOD = '{"code": "A1", "day": "2024-01-05", "remark": "r"}\n'

FIRST_LINES = {
    "a required name left out": ('{"code": "B1"}', "MISSING_VALUE"),
    "a stray byte in a name": (b'{"co\xffde": "B1", "day": "2024-01-05"}', "MISSING_VALUE"),
    "an empty object": ("{}", "BAD_RECORD"),
    "an array": ('["code", "day"]', "BAD_RECORD"),
    "half an object": ('{"code": "B1", "da', "BAD_RECORD"),
    "no JSON": ("code,day", "BAD_RECORD"),
    "null": ("null", "BAD_RECORD"),
    "a text": ('"code"', "BAD_RECORD"),
    "a name twice": ('{"code": "B1", "code": "B2"}', "BAD_RECORD"),
    "nothing but NUL bytes": (b"\0\0\0", "BAD_RECORD"),
}


@pytest.mark.parametrize("name", FIRST_LINES)
def test_a_damaged_first_line_is_one_bad_row(site, name):
    first, reason = FIRST_LINES[name]
    first = first.encode() if isinstance(first, str) else first
    site.deliver("probe/jl/a.jsonl", first + b"\n" + GOOD.encode())
    ingest, _ = site.take_in("probe")
    assert ingest.code == 0, ingest.text
    assert site.silver("probe__jl", "code", "remark") == [("A1", "r")]
    assert site.quarantined("probe__jl") == {reason: 1}


@pytest.mark.further
def test_a_blank_first_line_is_none(site):
    site.deliver("probe/jl/a.jsonl", "\ufeff\r\n \n" + GOOD)
    site.take_in("probe")
    assert site.silver("probe__jl", "code") == ["A1"]
    assert not site.quarantined("probe__jl")


def test_the_case_of_a_key_that_is_left_out(site):
    site.case("16-first-line-without-a-key").take_in("probe")
    assert site.silver("probe__jl", "code") == ["A2"]
    assert site.quarantined("probe__jl") == {"MISSING_VALUE": 1}


@pytest.mark.further
def test_drift_is_told_from_all_lines(site):
    more = {"code": "A2", "day": "2024-01-05", "n": 3, "new": 1, "acct": None}
    site.deliver("probe/jl/a.jsonl", GOOD * 30_000 + json.dumps(more) + "\n" + '{"ratio": [1, }\n')
    site.take_in("probe")
    batches = DeltaTable(str(site.home / "lake" / "audit__batches")).to_pyarrow_table().to_pylist()
    (batch,) = [b for b in batches if b["stage"] == "ingest"]
    assert batch["ignored_columns"] == ["new"]
    assert sorted(batch["missing_columns"]) == ["amount_cny", "big", "closed_at", "flag", "ratio"]
    assert batch["rows_quarantined"] == 1


def test_a_required_column_that_no_record_has_is_refused(site):
    site.deliver("probe/jl/a.jsonl", '{"code": "A1"}\n{"code": "A2", "remark": "{\\"day\\": 1}"}\n')
    ingest, _ = site.take_in("probe")
    assert ingest.code != 0
    assert "a.jsonl has no column day, which probe__jl requires" in ingest.text


def test_values_in_the_place_of_names_are_refused(site):
    site.deliver(
        "probe/jl/a.jsonl", "".join(f'{{"code": "A{n}", "day": "2024-01-05", "{n}": 1}}\n' for n in range(2000))
    )
    ingest, _ = site.take_in("probe")
    assert ingest.code != 0
    assert "its objects have more than 1,000 different names" in ingest.text


@pytest.mark.further
def test_other_line_breaks(site):
    other = GOOD.replace("A1", "A2").replace('"r"', '"a\u2028b\u0085c"')
    site.deliver("probe/jl/a.jsonl", GOOD.replace("\n", "\r") + other.replace("\n", "\r\n"))
    site.take_in("probe")
    assert site.silver("probe__jl", "code", "remark") == [("A1", "r"), ("A2", "a\u2028b\u0085c")]
