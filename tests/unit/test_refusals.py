"""Refusals: the latest record of a batch holds, and nothing is noted twice."""

from lake import refusals
from lake.batch import INGEST, REFINE, Batch, Part
from lake.refusals import Action
from pipeline import refine
from tests.conftest import AS_OF

PART = Part("a.csv", "ab", 3)
TABLE = "farm__planting"


def _note(lake, batch_id="b1", table=TABLE, stage=INGEST, reason="no header"):
    return refusals.note(
        lake, batch_id=batch_id, source_table=table, stage=stage, parts=[PART], reason=reason, at=AS_OF
    )


def _settle(lake, action, batch_id="b1"):
    refusals.settle(lake, refusals.latest(lake)[batch_id], action, who="Ruth", why="a new file comes", at=AS_OF)


def test_a_lake_without_refusals_has_none_and_makes_no_table(lake):
    assert refusals.standing(lake, TABLE) == {}
    assert refusals.seen(lake, TABLE) == set()
    assert not lake.exists(refusals.REFUSALS)


def test_a_refusal_stands_until_it_is_settled_and_is_noted_once(lake):
    assert _note(lake)
    assert not _note(lake)
    assert _note(lake, reason="another header")
    assert [r.reason for r in refusals.history(lake, TABLE)] == ["no header", "another header"]
    assert refusals.standing(lake, TABLE)["b1"].parts == (PART,)
    for _ in range(2):
        _settle(lake, Action.DROP)
    assert refusals.standing(lake, TABLE) == {}
    assert [r.action for r in refusals.history(lake)] == [Action.REFUSE, Action.REFUSE, Action.DROP]
    assert refusals.history(lake)[-1].who == "Ruth"


def test_a_file_counts_as_seen_while_it_stands_and_when_dropped_not_when_it_is_to_be_tried_again(lake):
    _note(lake)
    assert refusals.seen(lake, TABLE) == {"ab"}
    _settle(lake, Action.RETRY)
    assert refusals.seen(lake, TABLE) == set()
    _note(lake)  # it failed again
    assert refusals.seen(lake, TABLE) == {"ab"}
    _settle(lake, Action.DROP)
    assert refusals.seen(lake, TABLE) == {"ab"}


def test_what_was_dropped_is_known_by_its_bytes_whatever_it_was_refused_for(lake):
    assert refusals.dropped(lake, TABLE) == {}
    _note(lake)
    assert refusals.dropped(lake, TABLE) == {}
    _settle(lake, Action.DROP)
    assert refusals.dropped(lake, TABLE) == {"ab": "b1"}
    assert refusals.dropped(lake, "farm__breeding") == {}
    _note(lake, "b2", table="farm__breeding", stage=REFINE)
    _settle(lake, Action.DROP, "b2")
    assert refusals.dropped(lake, "farm__breeding") == {"ab": "b2"}


def test_a_batch_is_set_aside_with_the_rows_that_wait_in_bronze_not_with_all_that_were_read(context):
    batch = Batch("b1", TABLE, INGEST, AS_OF, (PART,), rows_read=759, rows_stored=696, rows_not_authorised=63)
    refine._set_aside(context, batch, "too many rows fail")
    assert refusals.latest(context.lake)["b1"].rows == 696


def test_tables_and_stages_are_kept_apart(lake):
    _note(lake)
    _note(lake, "b2", table="farm__breeding")
    _note(lake, "b3", stage=REFINE)
    assert sorted(refusals.standing(lake)) == ["b1", "b2", "b3"]
    assert sorted(refusals.standing(lake, TABLE)) == ["b1", "b3"]
    assert refusals.seen(lake, "farm__breeding") == {"ab"}


def test_a_refused_file_has_a_batch_id_of_its_content_and_table():
    same = refusals.file_batch_id(TABLE, "ab")
    assert same == refusals.file_batch_id(TABLE, "ab")
    assert len({same, refusals.file_batch_id(TABLE, "cd"), refusals.file_batch_id("farm__breeding", "ab")}) == 3
