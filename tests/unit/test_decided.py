"""What a run of decisions has come to, as a result: how many of each, and sums of CNY only where limits are decided."""

import pandas as pd
import pytest

from models.recourse import Proposal
from pipeline.decisions.decision_rows import result, told
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
        {"decision": decisions, "limit_cny": limits, "expected_loss_cny": losses, "proposals": [[]] * len(decisions)}
    )
    by_decision, limit, loss = expected
    helped = None if limit is None else 0
    expect = Decided(len(decisions), by_decision, limit, loss, waiting=3, declined_with_change=helped)
    assert result(decided, 3) == expect


def test_declines_that_another_amount_or_term_would_admit_are_counted():
    proposals = [[], [Proposal(9_000, 12, 9_000), Proposal(10_000, 24, 9_500)], []]
    decided = pd.DataFrame({"decision": ["admit", "decline", "decline"], "limit_cny": [50.0, 0.0, 0.0]})
    decided = decided.assign(expected_loss_cny=[1.0, 0.0, 0.0], proposals=proposals)
    assert result(decided, 0).declined_with_change == 1
    assert "of the 2 declined, 1 would be admitted for another amount or term" in told(decided, "CNY")
    assert "declined" not in told(decided.head(1), "CNY")
