"""The limit model: a quantile that holds, follows its directions and doesn't cross others."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portfolio import LIMIT, MONOTONE, NAMES, POLICY, frame, limited, protected

import models
from conf.schema.errors import FieldstoneError
from conf.schema.workspace import load
from models import admission, caps, functionals, limit
from pipeline.features import declarations

PREDICTOR, RECORD = limited().predictor, limited().record


def test_incomes_reach_capacity_as_often_as_meant():
    assert RECORD.metrics["coverage_in_time"] == pytest.approx(1 - LIMIT.quantile, abs=0.01)
    assert RECORD.metrics["coverage_oot"] == pytest.approx(1 - LIMIT.quantile, abs=0.07)
    assert RECORD.metrics["coverage_low_oot"] == pytest.approx(1 - limit.LOW, abs=0.05)


def test_beats_a_constant_out_of_time():
    assert RECORD.metrics["pinball_gain_oot"] > 0.1
    assert RECORD.metrics["rank_correlation_oot"] > 0.5


@pytest.mark.parametrize("name", [name for name in NAMES if MONOTONE[name]])
def test_capacity_goes_against_the_direction_of_pd_everywhere(name):
    rows = frame().head(100)
    steps = np.array([PREDICTOR.predict_capacity(rows.assign(**{name: v})) for v in np.linspace(-3, 3, 25)])
    assert (np.diff(steps, axis=0) * MONOTONE[name] <= 0).all()
    assert RECORD.monotone[name] == -MONOTONE[name]


def test_quantiles_never_cross_and_capacity_is_the_one_explained():
    quantiles = PREDICTOR.predict_quantiles(frame())
    assert (quantiles["low"] <= quantiles["capacity"]).all()
    assert (quantiles["capacity"] <= quantiles["median"]).all()
    np.testing.assert_array_equal(quantiles["capacity"], PREDICTOR.margin(frame()))


def test_capacity_is_never_negative():
    hopeless = frame().head(5).assign(**{name: 9.0 * (MONOTONE[name] or 1) for name in NAMES})
    assert (PREDICTOR.predict_capacity(hopeless) >= 0).all()
    assert list(PREDICTOR.predict(hopeless).columns) == list(PREDICTOR.outputs)


def test_contributions_add_up_to_the_margin():
    total = PREDICTOR.shap_values(frame()).sum(axis=1) + PREDICTOR.base_value
    assert np.abs(total - PREDICTOR.margin(frame())).max() <= 1e-5 * PREDICTOR.capacity.spread


def test_json_brings_back_the_same_predictor():
    again = models.predictor_from_json(PREDICTOR.to_json())
    np.testing.assert_array_equal(again.predict_capacity(frame()), PREDICTOR.predict_capacity(frame()))
    pd.testing.assert_frame_equal(again.predict_quantiles(frame()), PREDICTOR.predict_quantiles(frame()))
    assert again.to_json() == PREDICTOR.to_json()


def test_the_same_rows_in_another_order_give_the_same_model_and_record():
    again = limit.fit(frame().sample(frac=1, random_state=5), LIMIT, MONOTONE, POLICY, protected())
    assert again.predictor.to_json() == PREDICTOR.to_json()
    assert again.record == RECORD


def test_the_objective_has_the_gradient_of_the_pinball_loss_away_from_it():
    class Rows:
        def get_label(self):
            return np.zeros(2)

    gradient, curvature = functionals.smooth_pinball(0.3)(np.array([-5.0, 5.0]), Rows())
    assert gradient == pytest.approx([-0.3, 0.7])
    assert (curvature > 0).all()


DEBTS = {
    "existing_exposure_cny": 50_000,
    "existing_debt_service_cny_month": 3_000,
    "running_loan_count": 4,
    "undue_principal_ratio": 1,
    "loan_count": 10,
    "largest_loan_cny": 90_000,
    "overdue_cny": 5_000,
}


@cache
def temptation() -> tuple:
    """Both models as declared, from households that earn and repay the better the more they owe."""
    directions = declarations.feature_set(load()).monotone
    rng = np.random.default_rng(1)
    rows = frame().drop(columns=list(NAMES))
    owing = {name: rng.uniform(0, most, len(rows)) for name, most in DEBTS.items()}
    lure = sum(values / DEBTS[name] for name, values in owing.items()) / len(owing)
    rows = rows.assign(
        **owing,
        income_cny_12m=rng.uniform(0, 90_000, len(rows)),
        requested_cny=rng.uniform(1_000, 90_000, len(rows)),
        net_income_12m_cny=60_000 * lure + rng.normal(0, 3_000, len(rows)),
        is_default_12m=(rng.random(len(rows)) < 0.4 - 0.6 * lure).astype(float),
    )
    signs = {name: directions[name] for name in (*DEBTS, "income_cny_12m", "requested_cny")}
    quick = {"gates": (), "rounds": 40}
    fits = [
        module.fit(rows, spec.model_copy(update=quick), signs, POLICY)
        for module, spec in ((admission, load().model("admission")), (limit, LIMIT))
    ]
    return rows, *(fit.predictor for fit in fits)


def granted(rows: pd.DataFrame, pd_: np.ndarray) -> np.ndarray:
    """The limits of rows that ask for all there is."""
    terms = {"requested_amount": 1e6, "term_months": 12, "product_code": "farm_credit"}
    facts = {fact: rows[name] for fact, name in load().tables.facts.stated.items() if name in rows}
    capacity = temptation()[2].predict_capacity(rows)
    return caps.limit(rows.assign(pd=pd_, capacity_year=capacity, **terms, **facts), POLICY)["limit_amount"].to_numpy()


@settings(max_examples=15)
@given(owing=st.fixed_dictionaries({name: st.floats(0, most) for name, most in DEBTS.items()}), worse=st.floats(0, 0.2))
def test_more_debt_or_a_worse_pd_never_raises_a_limit_from_end_to_end(owing, worse):
    rows, scorer, _ = temptation()
    rows = rows.head(60)
    deeper = rows.assign(**{name: rows[name] + more for name, more in owing.items()})
    before = granted(rows, scorer.predict_pd(rows))
    assert (before > 0).any()
    assert (granted(deeper, scorer.predict_pd(deeper)) <= before).all()
    assert (granted(rows, np.minimum(scorer.predict_pd(rows) + worse, 1)) <= before).all()


def test_what_is_asked_for_never_changes_a_capacity():
    rows, _, predictor = temptation()
    more = rows.assign(requested_cny=rows["requested_cny"] * 10)
    np.testing.assert_array_equal(predictor.predict_capacity(rows), predictor.predict_capacity(more))


def test_too_few_incomes_are_refused():
    few = frame().assign(net_income_12m_cny=frame()["net_income_12m_cny"].where(frame().index < 40))
    with pytest.raises(FieldstoneError, match=r"only \d+ labelled rows oot, at least 20 are needed"):
        limit.fit(few, LIMIT, MONOTONE)
