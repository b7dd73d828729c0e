"""Vectors of the field, worked out by hand or published, against `models.metrics`."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, mean_pinball_loss, roc_auc_score

from models import metrics

GOOD, BAD = [100, 200, 300, 400], [40, 30, 20, 10]
# the same four bins as single loans, riskiest first
OUTCOME = np.repeat([0, 1] * 4, np.ravel(list(zip(GOOD, BAD, strict=True))))
SCORE = np.repeat([4, 3, 2, 1], np.add(GOOD, BAD))


def test_psi_vector():
    assert metrics.psi([0.1, 0.2, 0.4, 0.2, 0.1], [0.05, 0.15, 0.4, 0.25, 0.15]) == pytest.approx(0.08047, abs=5e-6)


def test_woe_and_iv_vector():
    woe, iv = metrics.woe_iv(GOOD, BAD)
    assert woe == pytest.approx([-1.3863, -0.4055, 0.4055, 1.3863], abs=5e-5)
    assert iv == pytest.approx(0.9129, abs=5e-5)


def test_ks_auc_and_gini_vector():
    assert metrics.ks(OUTCOME, SCORE) == pytest.approx(0.40)
    assert metrics.auc(OUTCOME, SCORE) == pytest.approx(0.75)
    assert metrics.gini(OUTCOME, SCORE) == pytest.approx(0.50)


def test_binomial_calibration_vector():
    assert metrics.binomial_p(31, 1000, 0.02) == pytest.approx(0.01265, abs=5e-6)


def test_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    bad, pd_ = rng.integers(0, 2, 300), rng.uniform(0.01, 0.99, 300).round(2)
    assert metrics.auc(bad, pd_) == pytest.approx(roc_auc_score(bad, pd_))
    assert metrics.brier(bad, pd_) == pytest.approx(brier_score_loss(bad, pd_))
    assert metrics.log_loss(bad, pd_) == pytest.approx(log_loss(bad, pd_))
    assert metrics.pinball(bad, pd_, 0.3) == pytest.approx(mean_pinball_loss(bad, pd_, alpha=0.3))


def test_standard_error_of_an_auc_as_hanley_and_mcneil_print_it():
    # their table I: 51 abnormal and 58 normal images, area 0.893, standard error 0.032
    assert metrics.auc_standard_error(0.893, bads=51, goods=58) == pytest.approx(0.032, abs=1e-3)


def test_standard_error_of_a_difference_is_that_of_delong_over_every_pair():
    rng = np.random.default_rng(2)
    bad = rng.integers(0, 2, 60).astype(bool)
    scores = rng.normal(size=(2, 60)).round(1) + bad * [[0.5], [1.0]]
    pairs = [np.sign(s[bad][:, None] - s[~bad][None, :]) / 2 + 0.5 for s in scores]
    over_goods, over_bads = ((pairs[0] - pairs[1]).mean(axis=axis) for axis in (1, 0))
    expected = np.sqrt(over_goods.var(ddof=1) / bad.sum() + over_bads.var(ddof=1) / (~bad).sum())
    assert metrics.auc_difference_error(bad, *scores) == pytest.approx(expected)
    assert metrics.auc_difference_error(bad, scores[0], 2 * scores[0]) == 0


@given(st.lists(st.floats(-5, 5), min_size=20, max_size=60))
def test_ranking_measures_ignore_increasing_transformations(scores):
    scores = np.round(scores, 3)
    bad = np.arange(len(scores)) % 3 == 0
    assert metrics.auc(bad, scores) == pytest.approx(metrics.auc(bad, np.exp(scores)))
    assert metrics.ks(bad, scores) == pytest.approx(metrics.ks(bad, 3 * scores + 1))


def test_csi_counts_missing_values_as_a_bin_of_their_own():
    before = np.arange(100.0)
    assert metrics.csi(before, before) == pytest.approx(0)
    assert metrics.csi(before, np.where(before < 50, np.nan, before)) > 0.25


@pytest.mark.parametrize("after", [-1.0, 1.0])
def test_csi_sees_a_constant_move_either_way(after):
    constant, moved = np.zeros(100), np.repeat([0.0, after], 50)
    # half of it leaves for a bin that was empty, whose share counts as 0.0001
    assert metrics.csi(constant, moved) == pytest.approx((0.5 - 1e-4) * np.log(0.5 / 1e-4) + (0.5 - 1) * np.log(0.5))
    assert metrics.csi(constant, np.full(100, after)) == pytest.approx(2 * (1 - 1e-4) * np.log(1e4))
    assert metrics.csi(constant, constant) == 0


def test_csi_sees_a_common_value_move_below_itself():
    before = np.concatenate([np.zeros(20), np.arange(1.0, 81)])
    after = np.concatenate([np.full(20, -1.0), np.arange(1.0, 81)])
    assert metrics.csi(before, after) > 1
    assert metrics.csi(before, before) == 0


def test_csi_of_a_feature_without_any_value_is_zero():
    assert metrics.csi(np.full(10, np.nan), np.full(5, np.nan)) == pytest.approx(0)


def test_information_value_of_noise_is_small_and_of_the_outcome_suspect():
    rng = np.random.default_rng(0)
    bad = rng.integers(0, 2, 4000)
    assert metrics.information_value(rng.normal(size=4000), bad) < 0.02
    assert metrics.information_value(bad.astype(float), bad) > 0.5


def test_bands_hold_everybody_once_and_name_empty_grades():
    table = metrics.bands([0.01, 0.02, 0.03, 0.5], [0, 0, 1, 1], ["A", "B", "C", "D"], [0.02, 0.1, 0.2, 1.0])
    assert table["n"].tolist() == [2, 1, 0, 1]
    assert table["share"].sum() == pytest.approx(1)
    assert table["bad_rate"].tolist()[:2] == [0.0, 1.0]
    assert np.isnan(table["bad_rate"][2])
    assert np.isnan(table["binomial_p"][2])


def test_swap_set_sums_to_the_population():
    swap = metrics.swap_set([True, True, False, True], [True, False, False, True])
    assert swap.to_numpy().sum() == 4
    assert swap.loc["admitted", "declined"] == 1
    assert swap.loc["declined", "admitted"] == 0


def test_vintages_rise_and_stop_where_the_quarter_is_too_young():
    triangle = metrics.vintages(
        disbursed=pd.Series(pd.to_datetime(["2024-01-05", "2024-02-05", "2024-05-01"])),
        months_to_default=pd.Series([2, np.nan, 1]),
        months_observed=pd.Series([4, 3, 2]),
    )
    assert triangle.loc[pd.Period("2024Q1")].tolist()[:3] == [0.0, 0.5, 0.5]
    assert np.isnan(triangle.loc[pd.Period("2024Q1"), 4])
    assert triangle.loc[pd.Period("2024Q2")].tolist()[:2] == [1.0, 1.0]
