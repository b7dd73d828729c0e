"""The audit trail: whatever is changed, dropped or cut off is found."""

import pytest
from deltalake import DeltaTable

from lake.audit import TRAIL, Trail


@pytest.fixture
def trail(context) -> Trail:
    for step in range(3):
        context.trail.record("auditor", "look", step=step)
    return context.trail


def _table(trail: Trail) -> DeltaTable:
    return DeltaTable(str(trail.lake.path(TRAIL)))


def test_an_untouched_trail_is_whole(trail):
    assert trail.verify() == []
    assert [entry.number for entry in trail.entries()] == [1, 2, 3]


def test_an_empty_trail_is_whole(context):
    assert context.trail.verify() == []


def test_a_changed_entry_is_found(trail):
    _table(trail).update({"details": """'{"step": 9}'"""}, predicate="number = 2")
    assert trail.verify() == ["entry 2 was changed"]


def test_a_missing_entry_is_found(trail):
    _table(trail).delete("number = 2")
    assert trail.verify() == ["entry 2 is missing"]


def test_entries_cut_off_at_the_end_are_missed(trail):
    _table(trail).delete("number = 3")
    assert trail.verify() == ["entries after 2 are missing"]
