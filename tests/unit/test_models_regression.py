"""Models of any number: a quantile and a mean that hold, keep the spec's directions, and speak of their label alone."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pandas as pd
import pytest
from portfolio import ADMISSION, CATALOGUE, LIMIT, MONOTONE, NAMES, frame, protected

import models
from conf.schema.contract import Text
from conf.schema.errors import FieldstoneError
from conf.schema.model import Gate, ModelSpec
from conf.schema.workspace import Workspace, load
from models import admission, report
from models.validation import of_fit
from pipeline.decisions import decide
from pipeline.releases import customer_page

RULES, UNTIL = load().validation, datetime(2025, 1, 1, tzinfo=UTC)
RISING, FALLING = NAMES[1], NAMES[3]
KINDS = ("quantile_regression", "mean_regression")


@cache
def rows() -> pd.DataFrame:
    """Yields in tons per mu, a few hundredths of a ton apart, from what raises an income."""
    tons = frame()["net_income_12m_cny"].clip(0, 300_000) / 200_000
    return frame().assign(yield_t_mu=tons).drop(columns=["net_income_12m_cny", "is_default_12m"])


@cache
def spec(kind: str) -> ModelSpec:
    gates, title = (Gate(metric="rank_correlation_oot", min=0.3),), Text(en="Yield of the next harvest", zh="下季单产")
    stated = {"kind": kind, "name": "yields", "label": "yield_t_mu", "gates": gates, "title": title, "about": None}
    return LIMIT.model_copy(update=stated | {"monotone": {RISING: 1, FALLING: -1}, "quantile": 0.2})


@cache
def fitted(kind: str):
    of_yields = spec(kind)
    by_kind = models.of_kind(kind)
    result = by_kind.fit(rows(), of_yields, MONOTONE, None, protected())
    return of_fit.validated(result, rows(), of_yields, RULES, UNTIL, by_kind, None, protected())


@cache
def page(kind: str) -> str:
    return report.page(fitted(kind), rows(), spec(kind), CATALOGUE, {}, currency="CNY")


def test_a_quantile_is_reached_as_often_as_is_meant():
    metrics = fitted("quantile_regression").record.metrics
    assert metrics["coverage_in_time"] == pytest.approx(0.8, abs=0.01)
    assert metrics["coverage_oot"] == pytest.approx(0.8, abs=0.07)
    assert metrics["pinball_gain_oot"] > 0.1


def test_a_mean_is_true_and_better_than_the_mean_of_development():
    record = fitted("mean_regression").record
    assert record.metrics["mean_predicted_in_time"] == pytest.approx(record.metrics["mean_actual_in_time"])
    assert record.metrics["r2_oot"] > 0.2
    assert record.metrics["mae_gain_oot"] > 0.1
    late = fitted("mean_regression").scored.query("slice == 'oot'")
    missed = late["actual"] - late["predicted"]
    assert record.metrics["rmse_oot"] == pytest.approx(np.sqrt((missed**2).mean()))
    by_constant = late["actual"] - record.benchmark["constant"]
    assert record.metrics["r2_oot"] == pytest.approx(1 - (missed**2).mean() / (by_constant**2).mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "direction"), [(RISING, 1), (FALLING, -1)])
def test_a_prediction_goes_in_the_directions_of_the_spec(kind, name, direction):
    predictor, some = fitted(kind).predictor, rows().head(100)
    steps = np.array([predictor.margin(some.assign(**{name: v})) for v in np.linspace(-3, 3, 25)])
    assert (np.diff(steps, axis=0) * direction >= 0).all()
    assert {feature for feature, sign in fitted(kind).record.monotone.items() if sign} == {RISING, FALLING}


@pytest.mark.parametrize("kind", KINDS)
def test_contributions_add_up_and_json_brings_back_the_same(kind):
    predictor = fitted(kind).predictor
    again = models.predictor_from_json(predictor.to_json())
    pd.testing.assert_frame_equal(again.predict(rows()), predictor.predict(rows()))
    assert again.to_json() == predictor.to_json()
    total = predictor.shap_values(rows()).sum(axis=1) + predictor.base_value
    assert np.abs(total - predictor.margin(rows())).max() <= 1e-5 * predictor.scaled.spread


@pytest.mark.parametrize(("level", "side"), [(0.2, -1), (0.8, 1)])
def test_what_is_missing_moves_a_prediction_to_its_cautious_side(level, side):
    of_yields = spec("quantile_regression").model_copy(update={"quantile": level})
    predictor = models.of_kind("quantile_regression").fit(rows(), of_yields, MONOTONE).predictor
    some = rows().dropna(subset=[RISING]).head(100)
    without = predictor.margin(some.assign(**{RISING: np.nan}))
    assert (side * (without - predictor.margin(some)) >= 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_speaks_of_the_label_and_of_no_income_or_loan(kind):
    text = " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page(kind), flags=re.DOTALL).split())
    assert "yield_t_mu" in text
    assert "This model decides nothing: no credit policy reads it." in text
    of_limits = (
        "income",
        "收入",
        "capacity",
        "能力",
        "CNY a year",
        "元/年",
        "loan",
        "household",
        "农户",
        " PD ",
        "违约",
    )
    assert [word for word in of_limits if word in text] == []


@pytest.mark.parametrize("kind", KINDS)
def test_its_validation_is_worded_for_any_number(kind):
    record = json.loads(json.dumps(fitted(kind).record.as_dict()))
    tests = {each["name"]: each for each in record["validation"]}
    own = {"quantile_regression": "coverage_by_part", "mean_regression": "bias_by_part"}[kind]
    assert {own, "rank_correlation", "prediction_psi", "monotone", "additive", "future_rows"} < set(tests)
    assert "income" not in json.dumps([test["says"] for test in tests.values()])
    assert tests["additive"]["verdict"] == tests["monotone"]["verdict"] == "green"


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_can_be_searched(kind):
    losses = [*models.of_kind(kind).fold_losses(rows(), spec(kind), MONOTONE)]
    assert len(losses) == spec(kind).split.folds - 1
    assert all(loss > 0 for loss in losses)


def test_directions_of_what_is_no_feature_are_refused():
    unknown = spec("mean_regression").model_copy(update={"monotone": {"rain_mm": 1}})
    with pytest.raises(
        FieldstoneError,
        match="model yields: monotone names rain_mm, which aren't features of the model; its features are",
    ):
        models.of_kind("mean_regression").fit(rows(), unknown, MONOTONE)


def test_a_pd_goes_by_declared_directions_alone():
    stated = ADMISSION.model_copy(update={"monotone": {RISING: 1}})
    with pytest.raises(FieldstoneError, match=r"monotone states directions of .*, but a model of kind admission"):
        admission.fit(frame(), stated, MONOTONE)


def with_models(**specs: ModelSpec) -> Workspace:
    return replace(load(), models=specs)


def test_a_policy_asks_those_alone_that_predict_what_it_decides_by():
    yields = spec("mean_regression")
    assert decide.deciding_models(with_models(admission=ADMISSION, limit=LIMIT, yields=yields)) == [
        "admission",
        "limit",
    ]
    with pytest.raises(FieldstoneError) as refused:
        decide.deciding_models(with_models(admission=ADMISSION, limit=yields))
    assert (
        "the policy decides by pd, capacity_year, but no model of conf/models predicts capacity_year; the models "
        "are admission (pd), limit (mean). Add one"
    ) in str(refused.value)


def test_customers_are_told_that_no_decision_rests_on_it():
    record = replace(fitted("mean_regression").record, importance={}, features=())
    html = customer_page.page(load(), spec("mean_regression"), record, {}, "2026-01-01T08:00:00+08:00")
    assert "No decision on an application rests on its figure." in html
    assert "credit policy" not in " ".join(html.split())
