"""Numbers that models must not stumble over: infinite values, few bads, groups and periods of one outcome."""

import warnings

import numpy as np
import pandas as pd
import pytest
from portfolio import LIMIT, MONOTONE, NAMES, POLICY, admitted, frame
from scipy.special import expit

from conf.schema.errors import FieldstoneError
from models import calibration, evaluation, fairness, limit, metrics, scorecard
from models.record import rows_of


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39, -1e300, 2e15])
@pytest.mark.parametrize("dtype", [float, object])
def test_infinite_and_absurd_values_name_the_feature(value, dtype):
    spoilt = frame().head(4).assign(**{NAMES[3]: pd.Series([0.0, value, 1.0, None], dtype=dtype, index=range(4))})
    with pytest.raises(FieldstoneError, match=rf"feature {NAMES[3]} is infinite or beyond ±1e\+15 in 1 of 4 rows"):
        admitted().predictor.predict_pd(spoilt)


def test_infinite_values_are_refused_in_training_too():
    with pytest.raises(FieldstoneError, match=rf"feature {NAMES[3]} is infinite"):
        limit.fit(frame().assign(**{NAMES[3]: np.inf}), LIMIT, MONOTONE)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300, 2e15])
def test_an_infinite_or_absurd_income_names_the_label(value):
    spoilt = frame().assign(**{LIMIT.label: frame()[LIMIT.label].where(np.arange(len(frame())) > 0, value)})
    with pytest.raises(FieldstoneError, match=rf"label {LIMIT.label} is infinite or beyond ±1e\+15 in 1 of"):
        limit.fit(spoilt, LIMIT, MONOTONE)


@pytest.mark.parametrize("outcome", [0, 1])
def test_a_feature_that_is_known_of_one_outcome_alone_is_left_out_of_the_scorecard(outcome):
    bad = np.arange(400) % 4 == 0
    rng = np.random.default_rng(5)
    x = np.column_stack([rng.normal(size=400) + bad, np.where(bad == outcome, rng.normal(size=400), np.nan)])
    assert scorecard.fit(x, bad.astype(int), (0, 0)).features == (0,)


@pytest.mark.parametrize(("centre", "spread", "bads"), [(-7, 1.2, 26), (0, 1, 26), (-9, 0.3, 6), (-7, 8, 26)])
def test_calibration_converges_with_a_few_bads_in_20_000(centre, spread, bads):
    rng = np.random.default_rng(bads)
    margin = rng.normal(centre, spread, 20_000)
    bad = np.zeros(20_000)
    bad[rng.choice(20_000, bads, replace=False, p=expit(margin) / expit(margin).sum())] = 1
    fitted = calibration.platt(margin, bad)
    target = np.where(bad == 1, (bads + 1) / (bads + 2), 1 / (20_000 - bads + 2))
    # at the optimum of both parameters the residuals add up to nothing, alone and weighted
    miss = fitted.pd(margin) - target
    assert abs(miss.sum()) < 1e-3
    assert abs((miss * (margin - centre) / spread).sum()) < 1e-3 or fitted.slope == pytest.approx(0.1)


def test_margins_that_are_all_the_same_are_calibrated_to_the_rate():
    fitted = calibration.platt(np.full(1000, -3.0), np.arange(1000) < 20)
    assert fitted.pd(-3.0) == pytest.approx(0.021, abs=0.002)


def test_a_group_without_goods_has_no_equal_opportunity_figure():
    groups = pd.Series(["F"] * 50 + ["M"] * 50 + ["X"] * 40)
    bad = np.r_[np.ones(50), np.arange(90) % 5 == 0].astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = fairness.by_group(np.ones(140), bad, np.full(140, 0.1), groups)
    assert np.isnan(table.loc["F", "admitted_good"])
    assert [row["admitted_good"] for row in rows_of(table)] == [None, 1.0, 1.0]
    assert fairness.figures({"sex": table})["equal_opportunity_difference_sex"] == 0
    assert np.isnan(fairness.figures({"sex": table.head(2)})["equal_opportunity_difference_sex"])


def test_where_nobody_is_admitted_there_is_no_adverse_impact():
    groups = pd.Series(["F"] * 50 + ["M"] * 50)
    table = fairness.by_group(np.zeros(100), np.arange(100) % 5 == 0, np.full(100, 0.9), groups)
    assert table["adverse_impact"].isna().all()


@pytest.mark.parametrize("outcome", [0, 1])
def test_outcomes_that_are_all_the_same_give_a_message(outcome):
    bad, pd_ = np.full(50, outcome), np.linspace(0, 1, 50)
    for measure in (metrics.auc, metrics.gini, metrics.ks, lambda b, p: evaluation.gain(b, p, p)):
        with pytest.raises(FieldstoneError, match=f"{50 * outcome} of 50 rows are bad and {50 - 50 * outcome} good"):
            measure(bad, pd_)


@pytest.mark.parametrize(("late", "where"), [(True, "oot"), (False, "in time")])
def test_incomes_that_are_all_the_same_give_a_message(late, where):
    begin = frame().loc[frame()["net_income_12m_cny"].notna(), "as_of"].quantile(0.6 if late else 0.9)
    same = frame()["as_of"] > begin if late else frame()["as_of"] <= begin
    income = frame()["net_income_12m_cny"]
    constant = frame().assign(net_income_12m_cny=income.mask(same & income.notna(), 40_000.0))
    with pytest.raises(FieldstoneError, match=rf"net_income_12m_cny is the same in all \d+ rows {where}"):
        limit.fit(constant, LIMIT, MONOTONE, POLICY)


@pytest.mark.parametrize(("missing_bad", "sign"), [(0, 1), (1, -1)])
def test_a_pure_missing_bin_has_a_woe(missing_bad, sign):
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000)
    bad = (rng.random(2000) < expit(-2 + values)).astype(int)
    values[:200], bad[:200] = np.nan, missing_bad
    card = scorecard.fit(values[:, None], bad, (1,))
    (woe,) = (scorecard.missing_woe(bins) for bins in card.bins)
    goods, bads = (1 - bad).sum(), bad.sum()
    counts = (200.5, 0.5) if sign > 0 else (0.5, 200.5)
    assert woe == pytest.approx(np.log(counts[0] / goods / (counts[1] / bads)))
    known = card.margin(values[200:, None])
    assert (card.margin(np.array([[np.nan]]))[0] - known.mean()) * sign < 0


def test_a_missing_bin_with_both_has_the_woe_that_was_seen_and_an_empty_one_that_of_the_worst_bin():
    rng = np.random.default_rng(0)
    values = rng.normal(size=2000)
    bad = (rng.random(2000) < expit(-2 + values)).astype(int)
    gaps = values.copy()
    gaps[:200] = np.nan
    (bins,) = scorecard.fit(gaps[:, None], bad, (1,)).bins
    goods, bads = (1 - bad[:200]).sum() / (1 - bad).sum(), bad[:200].sum() / bad.sum()
    assert scorecard.missing_woe(bins) == pytest.approx(np.log(goods / bads))
    whole = scorecard.fit(values[:, None], bad, (1,))
    assert whole.margin(np.array([[np.nan]]))[0] == pytest.approx(whole.margin(values[:, None]).max())
