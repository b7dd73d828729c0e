"""A limit stands on its decision with every step to it, and says why it is less than what was asked for."""

import pytest

from lake import raw_access
from lake.erasure import DECISIONS
from models.policy import Decision
from pipeline.context import Context
from pipeline.decisions import decide
from tests import by_hand
from tests.integration.learning import county_copied


@pytest.fixture(scope="module")
def made(learnt, tmp_path_factory) -> tuple[Context, list[dict]]:
    """The small county, whose pending applications are decided, and these decisions."""
    context = county_copied(learnt, tmp_path_factory.mktemp("limits"))
    decide.run(context)
    rows = raw_access.chosen(context.lake, DECISIONS, {}, raw_access.columns(context.lake, DECISIONS))
    return context, [*rows]


def test_every_limit_is_redone_by_hand_from_its_steps(made):
    _, rows = made
    computed = [row for row in rows if row["binding_constraint"]]
    assert computed
    for row in computed:
        amounts = by_hand.steps(row["limit_steps"], row["limit_step_values"])
        redone = by_hand.redone(amounts)
        assert {name: amounts[name] for name in redone} == redone
        assert amounts[row["binding_constraint"]] == amounts["smallest"]
        assert row["limit_amount"] == (0 if row["decision"] == Decision.DECLINE else amounts["limit"])
        assert amounts["requested"] == row["requested_amount"]


def test_whoever_may_be_lent_less_than_asked_is_told_why_and_nobody_else(made):
    _, rows = made
    for row in rows:
        is_reduced = bool(row["decision"] != Decision.DECLINE and row["binding_constraint"])
        is_reduced = is_reduced and row["limit_amount"] < row["requested_amount"]
        texts = [row[f"limit_reasons_{language}"] for language in ("en", "zh")]
        texts += [row["limit_reason_steps"], row["limit_reason_changes"]]
        assert len({len(each) for each in texts}) == 1
        assert bool(texts[0]) == is_reduced
        assert row["limit_reason_steps"][:1] == ([row["binding_constraint"]] if is_reduced else [])
    assert any(row["limit_reasons_en"] for row in rows if row["decision"] == Decision.ADMIT)
