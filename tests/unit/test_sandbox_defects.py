"""Defects: as many as recorded, of the kinds recorded, added to a clean county that stays complete."""

from collections import Counter

import pytest
from county_files import ASSETS, DECLARED, files, lines, scope, written

from sandbox.county.defects import KINDS, possible

LATE = "farm__planting"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A clean and a dirty county of the same households, and what was recorded of the dirty one."""
    clean, dirty = tmp_path_factory.mktemp("clean"), tmp_path_factory.mktemp("dirty")
    assert not written(scope(200, defect_share=0), clean).defects
    return clean, dirty, written(scope(200, defect_share=0.05), dirty)


@pytest.mark.parametrize("name", sorted(set(ASSETS) - {LATE}))
def test_defects_are_added_to_the_clean_rows(folders, name):
    clean, dirty, delivery = folders
    good, all_rows = lines(clean, name), lines(dirty, name)
    recorded = sum(count for (table, _), count in delivery.defects.items() if table == name)
    assert not good - all_rows, "a clean row is missing from the dirty county"
    assert (all_rows - good).total() == recorded
    assert all_rows.total() == delivery.rows[name]


@pytest.mark.parametrize("name", sorted(set(ASSETS) - {LATE}))
def test_exact_duplicates_are_as_many_as_recorded(folders, name):
    clean, dirty, delivery = folders
    extra = lines(dirty, name) - lines(clean, name)
    good = lines(clean, name)
    assert sum(count for row, count in extra.items() if row in good) == delivery.defects[name, "duplicate"]


def test_every_kind_appears_where_it_can(folders):
    seen = {kind for _, kind in folders[2].defects}
    assert seen == set(KINDS)
    for (name, kind), _ in folders[2].defects.items():
        assert kind == "late_file" or kind in possible(DECLARED.contract(name), ASSETS[name].format)


@pytest.mark.parametrize("name", sorted(name for name, asset in ASSETS.items() if asset.format != "parquet"))
def test_lines_are_spoilt_as_recorded(folders, name):
    _, dirty, delivery = folders
    form, encoding = ASSETS[name].format, ASSETS[name].encoding
    counts: Counter = Counter()
    for line in lines(dirty, name).elements():
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            counts["bad_encoding"] += 1
            continue
        if form == "csv" and text.count(",") != len(DECLARED.contract(name).columns) - 1:
            counts["ragged_line"] += 1
        if form == "jsonl" and not text.endswith("}"):
            counts["broken_line"] += 1
    assert counts == {kind: delivery.defects[name, kind] for kind in counts}


def test_a_late_file_brings_an_old_quarter_at_the_end(folders):
    clean, dirty, delivery = folders
    late = [path for path in files(dirty, LATE) if path.stem.endswith("_2024Q4_late")]
    assert len(late) == 1
    moved = [row.rpartition(b",")[2] for row in late[0].read_bytes().splitlines()[1:]]
    assert (
        sum(b"2025-12-19T16" <= moment < b"2025-12-31T16" for moment in moved)
        >= delivery.defects[LATE, "late_file"]
        > 0
    )
    undated = {row.rpartition(b",")[0] for row in lines(clean, LATE)}
    assert undated <= {row.rpartition(b",")[0] for row in lines(dirty, LATE)}


def test_no_file_has_more_defects_than_a_contract_forgives(tmp_path):
    delivery = written(scope(30, defect_share=0.1), tmp_path)
    for name, contract in DECLARED.contracts.items():
        bad = sum(count for (table, kind), count in delivery.defects.items() if table == name and kind != "late_file")
        assert bad <= contract.max_failure_share * delivery.rows[name]


def test_identifiers_of_every_row_are_noted(folders):
    _, dirty, delivery = folders
    assert {(number[:3], len(number)) for number in delivery.identifiers["phone"]} == {("199", 11), ("198", 11)}
    whole = [line.decode("gb18030") for line in lines(dirty, "farm__household_membership") if b"\xff" not in line]
    names = {line.split(",")[2] for line in whole}
    assert names <= delivery.identifiers["name"]
