"""Outcomes inferred for the declined: tried beside the model, and judged on outcomes that were seen alone."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from portfolio import ADMISSION, CATALOGUE, MONOTONE, NAMES, POLICY, admitted, frame

from conf.schema.errors import ContractError
from conf.schema.model import RejectInference
from models import boosted_pd, boosting, metrics, of_kind, reject_inference, report

SPEC = ADMISSION.model_copy(update={"reject_inference": RejectInference(prudence=2)})


@cache
def declined() -> pd.DataFrame:
    """Riskier applicants than those lent to, without an outcome."""
    others = frame(seed=1).drop(columns=["is_default_12m", "label_status", "net_income_12m_cny"])
    return others[admitted().predictor.predict_pd(others) > 0.1].reset_index(drop=True)


@pytest.fixture(scope="module")
def inferred() -> dict:
    result = reject_inference.recorded(admitted(), frame(), declined(), SPEC, MONOTONE, POLICY)
    return result.record.as_dict()["reject_inference"]


def test_a_model_is_shown_beside_both_inferences(inferred):
    assert [each["method"] for each in inferred["methods"]] == ["none", "fuzzy_augmentation", "parcelling"]
    assert inferred["declined"] + inferred["declined_late"] == len(declined())
    assert inferred["declined_late"] > 0


def test_none_is_the_model_itself_on_outcomes_that_were_seen(inferred):
    late = admitted().scored.query("slice == 'oot'")
    itself = inferred["methods"][0]
    assert itself["auc"] == pytest.approx(metrics.auc(late["bad"], late["pd"]))
    assert itself["mean_pd"] == pytest.approx(late["pd"].mean())
    assert inferred["bad_rate"] == pytest.approx(late["bad"].mean())


def test_more_prudence_makes_the_declined_riskier():
    def of(prudence: float) -> float:
        spec = SPEC.model_copy(update={"reject_inference": RejectInference(prudence=prudence)})
        result = reject_inference.recorded(admitted(), frame(), declined(), spec, MONOTONE, POLICY)
        return result.record.reject_inference["methods"][2]["mean_pd_declined"]

    assert of(1) < of(2) < of(4)


def test_the_registered_model_stays_as_it_was():
    result = reject_inference.recorded(admitted(), frame(), declined(), SPEC, MONOTONE, POLICY)
    assert result.predictor is admitted().predictor
    assert replace(result.record, reject_inference={}) == admitted().record


def test_whoever_was_declined_out_of_time_is_never_learnt_from(inferred):
    first_late = admitted().scored.query("slice == 'oot'")["as_of"].min()
    shaken = declined().copy()
    late = (shaken["as_of"] >= first_late).to_numpy()
    shaken.loc[late, list(NAMES)] = 0.0
    other = reject_inference.recorded(admitted(), frame(), shaken, SPEC, MONOTONE, POLICY).record.reject_inference
    same = ("auc", "mean_pd")
    assert [[each[name] for name in same] for each in other["methods"]] == [
        [each[name] for name in same] for each in inferred["methods"]
    ]


def test_an_outcome_in_between_is_learnt_as_both_in_proportion():
    """Fuzzy augmentation, by a row of each outcome with its weight: the gradients are those of one row in between."""
    rng = np.random.default_rng(3)
    x, share = rng.normal(size=(400, 2)).astype(np.float32), rng.random(400)
    margin = rng.normal(size=400)
    chance = 1 / (1 + np.exp(-margin))
    assert chance - share == pytest.approx(share * (chance - 1) + (1 - share) * chance)
    # and where there is nothing to tell rows apart, boosting ends at the mean of the outcomes
    spec = SPEC.model_copy(update={"params": {**SPEC.params, "subsample": 1, "colsample_bytree": 1}})
    objective = boosted_pd.OBJECTIVE
    booster = boosting.refitted(np.zeros_like(x), share, ("a", "b"), (0, 0), spec, objective, rounds=300)
    assert booster.inplace_predict(np.zeros_like(x))[0] == pytest.approx(share.mean(), abs=0.005)


def test_parcels_are_bad_as_often_as_those_lent_to_in_their_band_times_prudence():
    rng = np.random.default_rng(5)
    lent = rng.uniform(0.02, 0.3, 200_000)
    bad = (rng.random(200_000) < lent).astype(float)
    turned_down = np.repeat([0.034, 0.146, 0.286], 20_000)
    drawn = reject_inference.parcelled(turned_down, lent, bad, 1.5, seed=1)
    assert {*drawn} == {0.0, 1.0}
    rates = drawn.reshape(3, -1).mean(axis=1)
    assert rates == pytest.approx(1.5 * np.array([0.034, 0.146, 0.286]), abs=0.02)


def test_parcels_beyond_every_band_are_of_the_last_and_none_is_bad_more_than_always():
    lent, bad = np.linspace(0.01, 0.2, 1000), np.ones(1000)
    assert reject_inference.parcelled(np.array([0.001, 0.9]), lent, bad, 3.0, seed=1).tolist() == [1.0, 1.0]


def test_too_few_declined_infer_nothing():
    few = declined().head(reject_inference.LEAST_ROWS - 1)
    result = reject_inference.recorded(admitted(), frame(), few, SPEC, MONOTONE, POLICY)
    assert result.record.reject_inference["methods"] == ()


def test_a_spec_that_infers_nothing_leaves_the_record_alone():
    silent = SPEC.model_copy(update={"reject_inference": None})
    assert reject_inference.recorded(admitted(), frame(), declined(), silent, MONOTONE) == admitted()


def test_a_scorecard_is_refused():
    spec = SPEC.model_copy(update={"kind": "scorecard", "params": {}})
    card = of_kind("scorecard").fit(frame(), spec, MONOTONE, POLICY)
    with pytest.raises(ContractError, match="only kind: admission supports, and its kind is scorecard"):
        reject_inference.recorded(card, frame(), declined(), spec, MONOTONE)


def test_the_report_shows_what_was_inferred():
    result = reject_inference.recorded(admitted(), frame(), declined(), SPEC, MONOTONE, POLICY)
    page = report.page(result, frame(), SPEC, CATALOGUE, {}, POLICY, currency="CNY")
    assert "Fuzzy augmentation" in page
    assert "分箱推断法" in page
    few = reject_inference.recorded(admitted(), frame(), declined().head(3), SPEC, MONOTONE, POLICY)
    assert "Too few were declined" in report.page(few, frame(), SPEC, CATALOGUE, {}, POLICY, currency="CNY")
