"""What a run of decisions has come to, as a result: how many of each, and sums of CNY only where limits are decided."""

import pandas as pd
import pytest

from pipeline.decisions.decision_rows import result
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
    decided = pd.DataFrame({"decision": decisions, "limit_cny": limits, "expected_loss_cny": losses})
    by_decision, limit, loss = expected
    assert result(decided, 3) == Decided(len(decisions), by_decision, limit, loss, waiting=3)
