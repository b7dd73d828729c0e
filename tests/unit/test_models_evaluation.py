"""A PD that is not that of the applicants misses the gate of the county's model, whichever way it is off."""

import numpy as np
import pytest

from conf.schema.workspace import load
from models import evaluation
from models.record import judge
from models.splits import Slices

ROWS = 4000
BAD = np.arange(ROWS) % 25 < 2  # 8 of 100, before and after
SLICES = Slices(np.arange(ROWS) < ROWS // 2, np.arange(ROWS) >= ROWS // 2)
GATES = [gate for gate in load().models["admission"].gates if gate.metric == "jeffreys_p_oot"]


@pytest.mark.parametrize(("pd_", "passed"), [(0.06, False), (0.075, True), (0.08, True), (0.085, True), (0.11, False)])
def test_a_pd_shown_too_low_or_too_high_misses_the_gate(pd_, passed):
    [outcome] = judge(evaluation.figures(BAD, np.full(ROWS, pd_), np.full(ROWS, pd_), SLICES), GATES)
    assert outcome.passed is passed
