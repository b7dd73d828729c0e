"""A log that says bounds of columns could hide rows from whoever filters by them, so a table with one isn't read."""

import json
from pathlib import Path

import pytest
from deltalake import DeltaTable

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from lake import log_statistics, raw_access
from tests.integration.holding import ANN, key_of

GRANT, WITHDRAWAL, TRAIL = "silver_consent__grant", "silver_consent__withdrawal", "audit__trail"
LATER = "2099-01-01T00:00:00Z"


def with_statistics(context, table: str, **statistics) -> None:
    """Write them into each entry of a table's log, as whoever may write its folder can."""
    for path in Path(context.lake.path(table) / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in path.read_text().splitlines()]
        for action in (each["add"] for each in actions if "add" in each):
            action["stats"] = json.dumps(json.loads(action.get("stats") or "{}") | statistics)
        path.write_text("\n".join(map(json.dumps, actions)) + "\n")
    for path in Path(context.lake.path(table) / "_delta_log").glob("*.crc"):
        path.unlink()


BOUNDS = {
    "min and max": {"minValues": {"known_at": LATER}, "maxValues": {"known_at": LATER}},
    "min alone": {"minValues": {"known_at": LATER}},
    "max alone": {"maxValues": {"known_at": "1999-01-01T00:00:00Z"}},
    "nothing but nulls": {"nullCount": {"known_at": 10**6}},
}


@pytest.mark.parametrize("bounds", BOUNDS)
def test_a_table_whose_log_says_bounds_is_not_read(populated, bounds):
    with_statistics(populated, GRANT, **BOUNDS[bounds])
    with pytest.raises(FieldstoneError, match=f"the log of {GRANT} has statistics of columns"):
        populated.lake.read(GRANT, purpose=Purpose.MODEL_TRAINING, as_of=populated.as_of)
    with pytest.raises(FieldstoneError, match="Restore the last backup"):
        populated.lake.consenting(Purpose.MODEL_TRAINING, populated.as_of)
    with pytest.raises(FieldstoneError, match="statistics of columns"):
        raw_access.count(populated.lake, GRANT, {"subject_key": [key_of(populated, ANN)]})


@pytest.mark.further
def test_the_property_of_the_table_does_not_matter(populated):
    table = DeltaTable(str(populated.lake.path(GRANT)))
    table.alter.set_table_properties({"delta.dataSkippingNumIndexedCols": "32"})
    with_statistics(populated, GRANT, **BOUNDS["min alone"])
    with pytest.raises(FieldstoneError, match="statistics of columns"):
        populated.lake.live_consents(populated.as_of)


def test_withdrawals_and_the_trail_too(populated):
    populated.trail.record("Olga", "look")
    with_statistics(populated, TRAIL, minValues={"number": 9}, maxValues={"number": 9})
    populated.lake._known.clear()  # as in the next process
    with pytest.raises(FieldstoneError, match="the log of audit__trail has statistics"):
        populated.trail.entries()
    with_statistics(populated, WITHDRAWAL, minValues={"withdrawn_at": LATER})
    if populated.lake.count(WITHDRAWAL):
        with pytest.raises(FieldstoneError, match="statistics of columns"):
            populated.lake.live_consents(populated.as_of)


@pytest.mark.further
def test_in_a_checkpoint_and_however_they_are_written(populated):
    with_statistics(populated, GRANT, **BOUNDS["max alone"])
    table = DeltaTable(str(populated.lake.path(GRANT)))
    table.alter.set_table_properties({"delta.dataSkippingNumIndexedCols": "32"})
    table.create_checkpoint()
    for path in Path(populated.lake.path(GRANT) / "_delta_log").glob("*.json"):
        path.unlink()
    with pytest.raises(FieldstoneError, match="statistics of columns"):
        populated.lake.live_consents(populated.as_of)
    with_statistics(populated, WITHDRAWAL)
    assert not log_statistics.has_any(populated.lake.path(WITHDRAWAL))
    line = json.dumps({"add": {"path": "x", "stats": json.dumps({"minValues": {"a": 1}})}})
    assert log_statistics._in_action(line.replace("minV", "\\u006dinV").replace("\\\\u", "\\u"))


def test_no_table_that_is_written_has_any(populated):
    assert not any(log_statistics.has_any(populated.lake.path(table)) for table in populated.lake.tables())
