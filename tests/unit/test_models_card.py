"""The scorecard as a kind of model: points that add up to a score that tells the PD, judged as any PD is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from portfolio import ADMISSION, CATALOGUE, MONOTONE, NAMES, POLICY, frame, protected
from scipy.special import expit

import models
from conf.schema import workspace
from conf.schema.errors import ContractError, DataError
from conf.schema.model import Joining
from models import adverse_direction, card, explain, frames, joining, metrics, points, report, scorecard
from models.calibration import platt
from models.points import Scale
from models.validation import of_fit

SPEC = ADMISSION.model_copy(update={"kind": "scorecard", "params": {}})
SCALED = POLICY.model_copy(update={"score_base_odds": 30})
RESULT = card.fit(frame(), SPEC, MONOTONE, SCALED, protected())
PREDICTOR, RECORD = RESULT.predictor, RESULT.record


def test_the_scale_is_the_one_of_the_book():
    """Siddiqi (2006, ch. 6): 50:1 at 600 points and 20 to double the odds make factor 28.8539 and offset 487.123."""
    scale = Scale()
    assert scale.factor == pytest.approx(28.8539, abs=1e-4)
    assert scale.offset == pytest.approx(487.123, abs=1e-3)
    assert expit(scale.margin(np.array([600.0, 620.0]))) == pytest.approx([1 / 51, 1 / 101])


def looked_up(rows: pd.DataFrame) -> np.ndarray:
    """The score of each row, added up from the printed table."""
    x = PREDICTOR.missing.filled(frames.matrix(rows, PREDICTOR.features))
    score = np.zeros(len(rows))
    for values, name in zip(x.T, PREDICTOR.features, strict=True):
        *attributes, absent = RECORD.scorecard[name]["attributes"]
        score += np.where(np.isnan(values), absent["points"], 0)
        for each in attributes:
            low, high = (np.inf * side if each[end] is None else each[end] for end, side in (("from", -1), ("to", 1)))
            score += np.where((values >= low) & (values < high), each["points"], 0)
    return score


def test_the_points_of_the_table_add_up_to_the_score_that_tells_the_pd():
    score = looked_up(frame())
    assert (score == np.rint(score)).all()
    np.testing.assert_array_equal(PREDICTOR.total_points(frame()), score)
    np.testing.assert_allclose(PREDICTOR.predict_pd(frame()), 1 / (1 + 30 * 2 ** ((score - 600) / 20)))


def test_points_differ_from_the_calibrated_regression_by_rounding_alone():
    rows = frames.labelled(frame(), SPEC)
    known = rows.loc[: (RESULT.scored["slice"] == "in_time").sum() - 1]
    x, bad, directions = frames.matrix(known, NAMES), known[SPEC.label].to_numpy(int), tuple(MONOTONE.values())
    learnt = card.learn(Scale(), x, bad, NAMES, directions, [(np.arange(len(x)), np.arange(len(x)))], SPEC)
    # everything known, so that both read the same
    whole = ~np.isnan(x).any(axis=1)
    line = platt(learnt.out_of_fold, bad)
    exact = line.intercept + line.slope * learnt.margin(x[whole])
    rounded = learnt.predictor(line, ())[0].margin(known.loc[whole])
    assert np.abs(exact - rounded).max() <= 0.5 * len(learnt.features) / Scale().factor + 1e-9
    assert np.abs(exact - rounded).mean() < 0.1


def test_contributions_are_points_lost_and_add_up():
    rows = frame()
    shap = PREDICTOR.shap_values(rows)
    np.testing.assert_allclose(shap.sum(axis=1) + PREDICTOR.base_value, PREDICTOR.margin(rows))
    known = rows[rows["application_id"].isin(RESULT.scored.loc[RESULT.scored["slice"] == "in_time", "application_id"])]
    np.testing.assert_allclose(PREDICTOR.shap_values(known).mean(), 0, atol=1e-9)


def test_scores_follow_the_declared_directions_and_nobody_gains_by_a_gap():
    rows = frame().head(40)
    for name in PREDICTOR.features:
        tried = [PREDICTOR.predict_pd(rows.assign(**{name: value})) for value in np.linspace(-3, 3, 25)]
        if MONOTONE[name]:
            assert (np.diff(tried, axis=0) * MONOTONE[name] >= 0).all()
            assert (PREDICTOR.predict_pd(rows.assign(**{name: np.nan})) >= np.max(tried, axis=0)).all()


def test_it_is_read_again_as_it_was():
    again = models.predictor_from_json(PREDICTOR.to_json())
    np.testing.assert_array_equal(again.predict_pd(frame()), PREDICTOR.predict_pd(frame()))
    assert again.to_json() == PREDICTOR.to_json()
    assert models.features_of_json(PREDICTOR.to_json()) == PREDICTOR.features


def test_only_the_features_of_the_card_are_read():
    assert set(PREDICTOR.features) < set(NAMES)
    assert set(RECORD.scorecard) == set(RECORD.monotone) == set(PREDICTOR.features) == set(RECORD.features)
    PREDICTOR.predict_pd(frame()[[*PREDICTOR.features]])


def test_reasons_lead_to_the_attributes_that_lose_most_points_against_those_at_the_cut_off():
    cut_off = POLICY.decline_pd
    rows = frame()[PREDICTOR.predict_pd(frame()) > cut_off].head(30)
    reference = PREDICTOR.reference(cut_off)
    assert reference.sum() + PREDICTOR.base_value == pytest.approx(PREDICTOR.calibration.margin(cut_off))
    leans = adverse_direction.by(PREDICTOR.margin, PREDICTOR.thresholds)
    reasons = explain.reasons(PREDICTOR.shap_values(rows), rows, reference, CATALOGUE, PREDICTOR.hidden, leans)
    assert all(1 <= len(each) <= 4 for each in reasons)
    lost = -PREDICTOR.scale.factor * reference - (PREDICTOR.points(rows) - np.array(PREDICTOR.average))
    facts = np.array([name.removesuffix(f"_{CATALOGUE[name].window}") for name in PREDICTOR.features])
    for i, each in enumerate(reasons):
        # a fact loses what its windows lose together
        losses = [lost[i, facts == facts[PREDICTOR.features.index(reason.feature)]].sum() for reason in each]
        assert losses == sorted(losses, reverse=True)
        assert losses[0] > 0
        assert not {reason.feature for reason in each} & set(PREDICTOR.hidden)


def test_it_is_judged_validated_and_compared_as_any_pd():
    spec = SPEC.model_copy(update={"joining": Joining(own=("lender",))})
    sources = {name: frozenset({"lender" if j % 2 else "farm"}) for j, name in enumerate(NAMES)}
    kind = models.of_kind("scorecard")
    joined = joining.recorded(RESULT, frame(), spec, MONOTONE, sources, kind, POLICY)
    rules, until = workspace.load().validation, pd.Timestamp("2025-01-01", tz="UTC")
    fit = of_fit.validated(joined, frame(), spec, rules, until, kind, POLICY, protected(), CATALOGUE)
    assert {gate.metric for gate in fit.record.gates} == {gate.metric for gate in SPEC.gates}
    assert len(fit.record.joining["all"]["sets"]) == 3
    verdicts = {each.name: each.verdict for each in fit.record.validation}
    assert {verdicts[name] for name in ("seed", "monotone", "additive", "reason_stability")} == {"green"}
    assert fit.record.metrics["auc_oot"] > 0.65
    assert fit.record.best_iteration is None


def test_the_report_shows_the_card_and_speaks_of_no_trees():
    page = report.page(RESULT, frame(), SPEC, CATALOGUE, {}, POLICY, currency="CNY")
    shown = next(iter(RECORD.scorecard.values()))["attributes"]
    assert all(f'<td class="n"><b>{each["points"]}</b></td>' in page for each in shown)
    assert "600 points are odds of 30 to 1" in page
    assert "600 分对应好坏比 30:1" in page
    for word in ("TreeSHAP", "booster", "XGBoost", "树模型"):
        assert word not in page


def test_what_points_cannot_tell_is_refused():
    with pytest.raises(ContractError, match="calibration is beta, but points need log-odds along a straight"):
        card.fit(frame(), SPEC.model_copy(update={"calibration": "beta"}), MONOTONE)
    with pytest.raises(
        ContractError, match=r"params are max_depth, but a scorecard takes none, because its scale comes from the polic"
    ):
        card.fit(frame(), SPEC.model_copy(update={"params": {"max_depth": 3}}), MONOTONE)
    with pytest.raises(ContractError, match="a scorecard has no parameters to search"):
        card.fold_losses(frame(), SPEC, MONOTONE)


def test_features_that_tell_nothing_make_no_card():
    rng = np.random.default_rng(3)
    noise = frame().assign(**{name: rng.normal(size=len(frame())).round(0) > 5 for name in NAMES})
    with pytest.raises(DataError, match="none of 14 features tells goods from bads well enough for a scorecard"):
        card.fit(noise, SPEC, MONOTONE)


def test_plain_weights_are_those_of_the_bins():
    rows = frames.labelled(frame(), SPEC)
    x = frames.matrix(rows, NAMES)
    fitted = scorecard.fit(x, rows[SPEC.label].to_numpy(int), tuple(MONOTONE.values()))
    own = x[:, list(fitted.features)]
    by_weights = fitted.intercept + points.scored(fitted.weights(), own) @ np.array(fitted.coefficients)
    np.testing.assert_allclose(by_weights, fitted.margin(x))
    at_a_split = replace(fitted.weights()[0], missing=0.0)
    values = np.array([np.float32(at_a_split.splits[0])])
    assert at_a_split.of(values) == at_a_split.counts[1]


@pytest.mark.parametrize("seed", range(4))
def test_a_scorecard_that_bins_what_it_asks_for_takes_what_one_takes_that_bins_every_feature(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1200, 16)).astype(np.float32)
    x[:, 3], x[:, ::5] = x[:, 2], np.round(np.exp(x[:, ::5]))
    bad = (rng.random(len(x)) < expit(-2.5 + x[:, :12].sum(axis=1) * 0.2)).astype(int)
    x[rng.random(x.shape) < 0.1 * seed] = np.nan
    directions = tuple(int(each) for each in rng.integers(-1, 2, x.shape[1]))
    # of one feature alone, nothing can be left unbinned
    each = [scorecard.fit(x[:, [j]], bad, (direction,)) for j, direction in enumerate(directions)]
    iv = [single.iv[0] if single else 0.0 for single in each]
    ranked = sorted((j for j, single in enumerate(each) if single), key=lambda j: -iv[j])
    fitted = scorecard.fit(x, bad, directions)
    assert [fitted.iv[i] for i in range(len(fitted.features))] == [iv[j] for j in fitted.features]
    assert [*fitted.features] == [j for j in ranked if j in fitted.features]
    skipped = ranked[: ranked.index(fitted.features[-1])]
    assert {*skipped} - {*fitted.features} <= {2, 3}, "only one of two equal ones is passed over"


def test_few_pds_of_one_card_are_compared_with_each_other():
    """Those of the folds' cards fall between them, which would look as if everybody had changed."""
    spec = SPEC.by_chance()
    few = card.fit(
        frame()[["application_id", "as_of", spec.label, *NAMES[:3]]], spec, {name: MONOTONE[name] for name in NAMES[:3]}
    )
    assert few.scored["pd_alike"].nunique() < 100
    assert few.record.metrics["score_psi"] < 0.1
    in_time = few.scored["slice"] == "in_time"
    assert metrics.csi(few.scored.loc[in_time, "pd"].to_numpy(), few.scored.loc[~in_time, "pd"].to_numpy()) > 0.1
