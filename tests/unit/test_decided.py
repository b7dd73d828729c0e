"""What a run of decisions has come to, as a result: how many of each, and sums of CNY only where limits are decided."""

import pandas as pd
import pytest

from conf.schema.languages import on_pages
from models.explain import Reason
from models.recourse import Proposal
from pipeline.decisions.decision_rows import result, summary, worded
from pipeline.results.modelers import Decided


@pytest.mark.parametrize(
    ("decisions", "limits", "losses", "expected"),
    [
        (["admit", "decline", "admit"], [100.0, 0.0, 50.5], [1.0, 0.0, 0.5], ({"admit": 2, "decline": 1}, 150.5, 1.5)),
        (["refer", "refer"], [10.0, 20.0], [1.0, 2.0], ({"refer": 2}, 0.0, 0.0)),
        (["admit", "refer"], [float("nan")] * 2, [float("nan")] * 2, ({"admit": 1, "refer": 1}, None, None)),
        (["admit"], [None], [None], ({"admit": 1}, None, None)),
    ],
)
def test_decisions_are_counted_and_limits_of_the_admitted_summed(decisions, limits, losses, expected):
    decided = pd.DataFrame(
        {"decision": decisions, "limit_amount": limits, "expected_loss": losses, "proposals": [[]] * len(decisions)}
    ).assign(requested_amount=100.0, term_months=12.0)
    by_decision, limit, loss = expected
    helped = None if limit is None else 0
    by_change = None if limit is None else {"none": 1} if "decline" in decisions else {}
    expect = Decided(
        len(decisions), by_decision, limit, loss, waiting=3, declined_with_change=helped, by_change=by_change
    )
    assert result(decided, 3) == expect


def test_declines_that_a_change_would_admit_are_counted_by_what_is_changed():
    helped = [[Proposal(9_000, 12, 9_000), Proposal(10_000, 24, 9_500)], [Proposal(9_000, 12, 9_000, 500)]]
    decided = pd.DataFrame({"decision": ["admit", "decline", "decline", "decline"], "proposals": [[], *helped, []]})
    decided = decided.assign(
        limit_amount=[50.0, 0.0, 0.0, 0.0], expected_loss=0.0, requested_amount=10_000, term_months=12
    )
    counts = {"none": 1, "requested_amount": 1, "requested_amount + repaid_amount": 1, "term_months": 1}
    assert result(decided, 0).declined_with_change == 2
    assert result(decided, 0).by_change == counts
    assert "of the 3 declined, 2 would be admitted for a change (none 1, requested_amount 1, " in summary(
        decided, "CNY"
    )
    assert "declined" not in summary(decided.head(1), "CNY")


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (["en", "zh"], (["Area: too low", "Age"], ["面积：偏低", ""])),
        (["en"], (["Area: too low", "Age"], ["", ""])),
        (["de"], (["Area: too low", "Age"], ["", ""])),
        (["zh"], (["", "Age"], ["面积：偏低", ""])),  # what a language lacks is kept in the other
    ],
)
def test_sentences_are_kept_in_the_languages_of_the_workspace_alone(languages, expected):
    reasons = [Reason("area_mu", 1.0, "Area: too low", "面积：偏低"), Reason("age", 0.5, "Age", "")]
    columns = worded({"reasons": [reasons, []]}, on_pages(languages))
    assert columns == {"reasons_en": [expected[0], []], "reasons_zh": [expected[1], []]}
