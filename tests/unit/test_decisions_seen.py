"""What of decisions is told to people by role: why something isn't shown, and which numbers there are."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from conf.schema.contract import Purpose
from conf.schema.errors import Forbidden
from conf.schema.roles import MASKED_ONLY
from conf.schema.workspace import load
from jobs import decisions
from jobs.command import printing
from pipeline.context import Context
from pipeline.results.decisions import DecisionListed, DecisionShown, DecisionsListed

REVIEW = Purpose.CREDIT_ASSESSMENT
DAY = datetime(2026, 1, 1, tzinfo=UTC)
BARE = DecisionShown("A1", "decline", DAY, (), None, None, None, None, None, None, "none is declared", (), "2026", "")
MADE = (DecisionListed("A2", DAY, "admit", "B"), DecisionListed("A1", DAY, "decline", None))


def test_a_workspace_without_roles_says_what_to_write():
    unsaid = MASKED_ONLY.why_withheld(MASKED_ONLY.role_of("Otto"))
    assert unsaid.startswith("there is no conf/roles.yaml, so everybody sees personal data masked; write one with a")
    with pytest.raises(Forbidden, match=r"holds masked \(there is no conf/roles\.yaml, .*; write one with a role"):
        MASKED_ONLY.role_of("Otto", "auditor")


def test_a_role_that_sees_class_c2_otherwise_is_named_and_one_that_sees_it_plain_lacks_nothing():
    stated = load().roles
    assert stated.why_withheld(stated.roles["model_governance"]) is None
    why = stated.why_withheld(stated.roles["auditor"])
    assert why == "role auditor sees class C2 hidden, as conf/roles.yaml says; another may see it plain"


def test_stars_say_why(capsys):
    printing.print_decision(BARE, "2026-01-01", ["en", "zh"])
    assert "    figures, reasons and steps: *** (none is declared)\n" in capsys.readouterr().out


@pytest.mark.parametrize(("withheld", "grade"), [(None, "B"), ("none is declared", "grade: *** (none is declared)")])
def test_decisions_are_listed_by_number_with_the_grade_or_why_it_is_not_shown(withheld, grade, capsys):
    printing.print_decisions(DecisionsListed(REVIEW, MADE, withheld), ["2026-01-01", "2026-01-02"])
    printed = capsys.readouterr().out
    assert printed.index("A2") < printed.index("A1")
    assert grade in printed


def test_where_nothing_was_decided_that_is_said_and_the_trail_knows_of_the_look(context, capsys):
    settings = context.workspace.settings.model_copy(update={"operator": "Otto"})
    asking = Context(replace(context.workspace, settings=settings), context.as_of)
    listed = decisions.list_(asking, REVIEW, "asked for a person", None)
    assert listed.decisions == ()
    assert "decisions: none that may be seen for credit_assessment" in capsys.readouterr().out
    assert asking.trail.entries()[-1].action == "decisions list"
