"""One decision as a person sees it: for a purpose, past the gate, by role, and never untold."""

import json
import re
from dataclasses import replace

import pytest
from pyspark.sql import DataFrame

from conf.schema.contract import Purpose
from conf.schema.errors import Forbidden, NotFound
from jobs import decisions
from lake import raw_access
from lake.audit import hashed
from lake.erasure import DECISIONS
from models import caps
from pipeline.context import Context
from pipeline.decisions import decide, decision_view
from pipeline.results.decisions import DecisionShown
from tests.integration.learning import county_copied

REVIEW, WATCH = Purpose.CREDIT_ASSESSMENT, Purpose.POST_LOAN_MONITORING


@pytest.fixture(scope="module")
def decided(learnt, tmp_path_factory) -> Context:
    context = county_copied(learnt, tmp_path_factory.mktemp("shown"))
    decide.run(context)
    return context


@pytest.fixture(scope="module")
def declined(decided) -> dict:
    """A declined application as it was decided, whose consents hold for a review and for watching loans."""
    rows = readable(decided, REVIEW).join(readable(decided, WATCH).select("application_id"), "application_id")
    rows = rows.where("decision = 'decline' AND size(limit_steps) > 0").orderBy("application_id")
    return rows.limit(1).toArrow().to_pylist()[0]


def readable(context: Context, purpose: Purpose) -> DataFrame:
    """Decisions that may be seen for a purpose."""
    return context.lake.read(DECISIONS, purpose=purpose, as_of=context.as_of)


def of(context: Context, role: str) -> Context:
    """As somebody who holds one role."""
    roles = context.workspace.roles.model_copy(update={"members": {"Otto": (role,)}})
    settings = context.workspace.settings.model_copy(update={"operator": "Otto"})
    return Context(replace(context.workspace, roles=roles, settings=settings), context.as_of)


def look(context: Context, row: dict, role: str, purpose: Purpose = REVIEW) -> DecisionShown:
    return decision_view.shown(of(context, role), row["application_id"], purpose, "asked for a person", None)


def test_whoever_reviews_sees_a_decision_whole_and_the_trail_knows_of_it(decided, declined):
    decision = look(decided, declined, "model_governance")
    assert decision.decision == "decline"
    assert decision.figures["pd"] == declined["pd"]
    assert [(each.en, each.change) for each in decision.reasons] == [
        *zip(declined["reasons_en"], declined["reason_changes"], strict=True)
    ]
    assert [(step.name, step.value, step.is_masked) for step in decision.steps] == [
        (name, value, False) for name, value in zip(declined["limit_steps"], declined["limit_step_values"], strict=True)
    ]
    assert decision.changes == tuple(zip(declined["changes_en"], declined["changes_zh"], strict=True))
    entry = decided.trail.entries()[-1]
    details = {"role": "model_governance", "purpose": REVIEW, "why": "asked for a person"}
    details |= {"decision": hashed(declined["application_id"]), "subjects": [hashed(declined["subject_key"])]}
    assert (entry.actor, entry.action, json.loads(entry.details)) == ("Otto", "decisions show", details)


def test_what_others_of_the_household_owe_is_shown_for_a_review_alone(decided, declined):
    steps = look(decided, declined, "risk_modeler", WATCH).steps
    masked = {step.name for step in steps if step.is_masked}
    assert masked == caps.of_others(declined["binding_constraint"])
    assert masked >= {"household", "household_existing_amount", "household_committed_service_month"}
    assert all((step.value is None) == step.is_masked for step in steps)
    assert caps.of_others("household") == caps.of_others("capacity") | {"smallest"}


@pytest.mark.parametrize(("role", "purpose"), [("data_engineer", REVIEW), ("auditor", WATCH)])
def test_a_role_that_sees_nothing_of_persons_plain_sees_the_outcome_alone(decided, declined, role, purpose, capsys):
    decision = look(decided, declined, role, purpose)
    assert (
        decision.figures,
        decision.reasons,
        decision.limit_reasons,
        decision.steps,
        decision.binding_constraint,
    ) == (None,) * 5
    assert (decision.decision, len(decision.grounds)) == ("decline", 1)
    decisions.show(of(decided, role), declined["application_id"], purpose, "asked", None)
    output = capsys.readouterr().out
    assert f"{declined['application_id']}  decline, " in output
    assert "figures, reasons and steps: ***" in output
    assert declined["reasons_en"][0] not in output


def test_a_decision_is_printed_with_reasons_and_steps(decided, declined, capsys):
    decisions.show(of(decided, "model_governance"), declined["application_id"], REVIEW, "asked", None)
    output = capsys.readouterr().out
    assert f"reason: {declined['reasons_en'][0]}  {declined['reasons_zh'][0]}" in output
    assert f"step: requested {declined['requested_amount']:.1f}" in output
    assert (
        f"what would be admitted: {(declined['changes_en'] or ['no other amount or term would have been'])[0]}"
        in output
    )


def test_a_workspace_of_one_language_shows_no_text_of_the_other_although_decisions_keep_both(decided, declined, capsys):
    of_english = of(decided, "model_governance")
    settings = of_english.workspace.settings.model_copy(update={"languages": ("en",)})
    of_english = Context(replace(of_english.workspace, settings=settings), of_english.as_of)
    decision = decisions.show(of_english, declined["application_id"], REVIEW, "asked", None)
    assert {each.zh for each in (*decision.reasons, *decision.limit_reasons)} == {""}
    assert {chinese for _, chinese in (*decision.grounds, *decision.changes)} == {""}
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", capsys.readouterr().out)


@pytest.mark.parametrize("role", ["model_governance", "data_engineer"])
def test_decisions_are_listed_by_the_gate_of_those_that_are_shown(decided, role):
    listed = decision_view.listed(of(decided, role), REVIEW, "asked for a person", None)
    rows = readable(decided, REVIEW).orderBy("application_id").toArrow().to_pylist()
    seen = sorted((each.application, each.decision, each.grade) for each in listed.decisions)
    sees = role == "model_governance"
    assert seen == [(row["application_id"], row["decision"], row["grade"] if sees else None) for row in rows]
    entry = decided.trail.entries()[-1]
    details = {"role": role, "purpose": REVIEW, "why": "asked for a person", "decisions": len(rows)}
    details |= {"subjects": sorted({hashed(row["subject_key"]) for row in rows})}
    assert (entry.actor, entry.action, json.loads(entry.details)) == ("Otto", "decisions list", details)


def test_nobody_looks_for_what_a_role_may_not(decided, declined):
    before = len(decided.trail.entries())
    with pytest.raises(Forbidden, match="may not look at persons' data for credit_assessment"):
        look(decided, declined, "auditor")
    assert len(decided.trail.entries()) == before


def test_a_decision_that_is_not_there_or_whose_consents_do_not_serve_the_purpose_is_not_shown(decided):
    with pytest.raises(NotFound, match="no decision on A9 may be seen for credit_assessment"):
        look(decided, {"application_id": "A9"}, "model_governance")
    rows = raw_access.rows(decided.lake, DECISIONS)
    other = rows.join(readable(decided, Purpose.FAIRNESS_TESTING), "application_id", "left_anti").first()
    with pytest.raises(NotFound, match="may be seen for fairness_testing"):
        look(decided, other.asDict(), "model_governance", Purpose.FAIRNESS_TESTING)
