"""The figures that hold what was learnt from a county against its truth."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.benchmarks.truth import attainable_pd, calibration_error, expected_auc

RNG = np.random.default_rng(7)
TRUTH = RNG.beta(1, 9, 4_000)


def test_the_expected_auc_is_the_mean_over_outcomes():
    score = TRUTH + RNG.normal(0, 0.05, len(TRUTH))
    areas = [roc_auc_score(RNG.random(len(TRUTH)) < TRUTH, score) for _ in range(200)]
    assert expected_auc(TRUTH, score) == pytest.approx(np.mean(areas), abs=4 * np.std(areas) / np.sqrt(len(areas)))


def test_no_score_orders_better_than_the_truth():
    assert expected_auc(TRUTH, TRUTH) > expected_auc(TRUTH, TRUTH + RNG.normal(0, 0.02, len(TRUTH))) > 0.5
    assert expected_auc(TRUTH, np.zeros(len(TRUTH))) == 0.5


@pytest.mark.parametrize(
    ("score", "error"),
    [
        (TRUTH, 0),
        (TRUTH + 0.02, 0.02),
        (np.where(np.argsort(np.argsort(TRUTH)) < 2_000, TRUTH - 0.01, TRUTH + 0.03), 0.02),
    ],
    ids=["right", "too high", "too low for half, too high for half"],
)
def test_the_calibration_error_is_the_mean_distance_over_bins(score, error):
    assert calibration_error(TRUTH, np.ones(len(TRUTH), bool), score) == pytest.approx(error)


def test_loans_that_are_neither_good_nor_bad_leave_the_bads_to_the_others():
    """Where the true PD is 0.1 and 9 % of the loans have no label, bads are 0.1 of 0.91 of those that have one."""
    truth, has_label = np.full(100_000, 0.1), RNG.random(100_000) < 0.91
    rate = 0.1 / has_label.mean()
    assert calibration_error(truth, has_label, np.full(100_000, rate)) == pytest.approx(0, abs=2e-3)


def test_what_features_tell_of_the_truth_is_learnt_and_what_they_do_not_tell_is_not():
    known, unknown = RNG.normal(size=(2, 4_000))
    truth = 1 / (1 + np.exp(2.5 - known - unknown))
    attained = attainable_pd(pd.DataFrame({"known": known, "noise": RNG.normal(size=4_000)}), truth)
    by_hand = expected_auc(truth, known)
    assert expected_auc(truth, attained) == pytest.approx(by_hand, abs=0.02)
    assert expected_auc(truth, truth) > by_hand + 0.05
