"""The limit model: a quantile that holds, follows its directions and doesn't cross others."""

import numpy as np
import pandas as pd
import pytest
from portfolio import LIMIT, MONOTONE, NAMES, POLICY, frame, limited, protected

import models
from conf.errors import FieldstoneError
from models import limit, quantiles

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

    gradient, curvature = quantiles.smooth_pinball(0.3)(np.array([-5.0, 5.0]), Rows())
    assert gradient == pytest.approx([-0.3, 0.7])
    assert (curvature > 0).all()


def test_too_few_incomes_are_refused():
    few = frame().assign(net_income_12m_cny=frame()["net_income_12m_cny"].where(frame().index < 40))
    with pytest.raises(FieldstoneError, match=r"only \d+ labelled rows oot, at least 20 are needed"):
        limit.fit(few, LIMIT, MONOTONE)
