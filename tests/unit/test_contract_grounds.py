"""Why, and for what, rows may be held: a change is refused, planned or told; nothing goes unseen."""

import pytest

from conf.schema.contract import Contract
from lake.contract_changes import ChangeKind, _of_grounds
from lake.grounds import on_recorded_grounds

BEFORE_ANY = {
    "table": "farm__x",
    "title": {"en": "X", "zh": "某"},
    "grain": "one row",
    "primary_key": ["k"],
    "subject": {"column": "id_no"},
    "event_time": "day",
    "lawful_basis": "consent",
    "consent_scope": "farm.x",
    "purposes": ["credit_assessment", "model_training"],
    "retention_days": 30,
    "columns": {
        "k": {"type": "string", "en": "K", "zh": "键"},
        "id_no": {
            "type": "string",
            "required": True,
            "identifier": "resident_id",
            "class": "C2",
            "en": "ID",
            "zh": "证",
        },
        "day": {"type": "date", "required": True, "en": "Day", "zh": "日"},
    },
}
GROUNDS = ("lawful_basis", "consent_scope", "purposes")
CONTRACT = {"lawful_basis": "contract", "consent_scope": None}


def seen(before: dict, now: dict) -> list[tuple[str, ChangeKind]]:
    contracts = (Contract.model_validate(BEFORE_ANY | each) for each in (before, now))
    return [(change.column, change.kind) for change in _of_grounds(*contracts)]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, {}, []),
        ({}, CONTRACT, [("lawful_basis", ChangeKind.REFUSED)]),
        ({}, {"lawful_basis": "public_record"}, [("lawful_basis", ChangeKind.REFUSED)]),
        (CONTRACT, {}, [("lawful_basis", ChangeKind.GROUNDS)]),
        (CONTRACT, {"lawful_basis": "public_record"}, [("lawful_basis", ChangeKind.GROUNDS)]),
        ({}, {"consent_scope": "farm.y"}, [("consent_scope", ChangeKind.GROUNDS)]),
        ({}, {"purposes": ["model_training", "credit_assessment"]}, []),
        ({}, {"purposes": ["credit_assessment"]}, [("purposes", ChangeKind.NARROWED)]),
        ({}, {"purposes": [*BEFORE_ANY["purposes"], "fairness_testing"]}, [("purposes", ChangeKind.GROUNDS)]),
        (
            {"purposes": ["credit_assessment"]},
            {"purposes": ["fairness_testing"], "consent_scope": "farm.y"},
            [
                ("consent_scope", ChangeKind.GROUNDS),
                ("purposes", ChangeKind.GROUNDS),
                ("purposes", ChangeKind.NARROWED),
            ],
        ),
        ({}, {"retention_days": 3}, []),
    ],
)
def test_each_change_is_seen(before, now, expected):
    assert seen(before, now) == expected
    # what has to be planned, or can't be, counts for no row that is held; all else holds at once
    was, becomes = (Contract.model_validate(BEFORE_ANY | each) for each in (before, now))
    is_waiting = any(kind is not ChangeKind.NARROWED for _, kind in expected)
    kept = on_recorded_grounds(becomes, was)
    assert (kept is not becomes) == is_waiting
    if is_waiting:
        assert [getattr(kept, each) for each in GROUNDS] == [getattr(was, each) for each in GROUNDS]


def test_whose_rows_are_is_known_even_where_the_subject_is_taken_out():
    was = Contract.model_validate(BEFORE_ANY)
    becomes = Contract.model_validate(BEFORE_ANY | CONTRACT | {"subject": None})
    assert on_recorded_grounds(becomes, was).subject == was.subject


def test_it_is_said_what_becomes_of_rows():
    before, now = (Contract.model_validate(BEFORE_ANY | each) for each in ({}, {"consent_scope": "farm.y"}))
    (change,) = _of_grounds(before, now)
    assert change.description == (
        "consent_scope was farm.x and becomes farm.y; rows of whoever hasn't consented to that are read no more, and "
        "erased as due"
    )
