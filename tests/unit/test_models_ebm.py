"""The explainable boosting machine as a kind of model: curves that add up to the log-odds, judged as any PD is."""

import numpy as np
import pandas as pd
import pytest
from interpret.glassbox import ExplainableBoostingClassifier
from portfolio import ADMISSION, CATALOGUE, MONOTONE, NAMES, POLICY, admitted, frame, protected

import models
from conf.schema import workspace
from conf.schema.errors import ContractError
from conf.schema.model import Joining, Range, Search, Split
from models import boosting, ebm, frames, joining, report
from models.validation import of_fit
from pipeline.registry import parameter_search

FEW = {"max_rounds": 150, "outer_bags": 2, "max_bins": 32}
SPEC = ADMISSION.model_copy(update={"kind": "ebm", "params": FEW, "split": Split(folds=2)})
RESULT = ebm.fit(frame(), SPEC, MONOTONE, POLICY, protected())
PREDICTOR, RECORD = RESULT.predictor, RESULT.record


def test_it_ranks_about_as_well_as_boosted_trees():
    assert RECORD.metrics["auc_oot"] > admitted().record.metrics["auc_oot"] - 0.03


@pytest.mark.filterwarnings("ignore:Missing values detected")
def test_the_curves_are_those_of_the_library():
    rows = frames.labelled(frame(), SPEC)
    x, bad = frames.matrix(rows, NAMES), rows[SPEC.label].to_numpy(int)
    machine = ExplainableBoostingClassifier(
        interactions=0, n_jobs=1, feature_types=["continuous"] * len(NAMES), **FEW
    ).fit(x.astype(float), bad)
    curves = ebm.taken(machine.intercept_, [splits for (splits,) in machine.bins_], machine.term_scores_)
    splits = np.array(curves.steps[0].splits, np.float32)
    around = x[: 3 * len(splits)].copy()
    around[:, 0] = np.concatenate([splits, np.nextafter(splits, np.float32(-9)), np.nextafter(splits, np.float32(9))])
    for tried in (x, around):
        np.testing.assert_allclose(curves.margin(tried), machine.decision_function(tried.astype(float)), atol=1e-9)


def test_contributions_add_up_to_the_margin():
    shap = PREDICTOR.shap_values(frame())
    np.testing.assert_allclose(shap.sum(axis=1) + PREDICTOR.base_value, PREDICTOR.margin(frame()), atol=1e-9)
    in_time = RESULT.scored.loc[RESULT.scored["slice"] == "in_time", "application_id"]
    known = frame().loc[frame()["application_id"].isin(in_time)]
    np.testing.assert_allclose(PREDICTOR.shap_values(known).mean(), 0, atol=1e-9)


def test_curves_follow_the_declared_directions_and_nobody_gains_by_a_gap():
    for name, curve in zip(PREDICTOR.features, PREDICTOR.curves.steps, strict=True):
        assert (np.diff(curve.counts) * MONOTONE[name] >= 0).all(), name
    rows = frame().head(40)
    for name in PREDICTOR.features:
        tried = [PREDICTOR.predict_pd(rows.assign(**{name: value})) for value in np.linspace(-4, 4, 25)]
        if MONOTONE[name]:
            assert (np.diff(tried, axis=0) * MONOTONE[name] >= 0).all()
            assert (PREDICTOR.predict_pd(rows.assign(**{name: np.nan})) >= np.max(tried, axis=0)).all()


def test_it_is_read_again_as_it_was():
    again = models.predictor_from_json(PREDICTOR.to_json())
    np.testing.assert_array_equal(again.predict_pd(frame()), PREDICTOR.predict_pd(frame()))
    assert again.to_json() == PREDICTOR.to_json()
    assert models.features_of_json(PREDICTOR.to_json()) == PREDICTOR.features


def test_the_same_rows_and_seed_give_the_same_curves():
    assert ebm.fit(frame(), SPEC, MONOTONE, POLICY, protected()).predictor.to_json() == PREDICTOR.to_json()


def test_it_is_judged_validated_and_compared_as_any_pd():
    spec = SPEC.model_copy(update={"joining": Joining(own=("lender",))})
    sources = {name: frozenset({"lender" if j % 2 else "farm"}) for j, name in enumerate(NAMES)}
    kind = models.of_kind("ebm")
    joined = joining.recorded(RESULT, frame(), spec, MONOTONE, sources, kind, POLICY)
    rules, until = workspace.load().validation, pd.Timestamp("2025-01-01", tz="UTC")
    fit = of_fit.validated(joined, frame(), spec, rules, until, kind, POLICY, protected(), CATALOGUE)
    assert {gate.metric for gate in fit.record.gates} == {gate.metric for gate in SPEC.gates}
    assert len(fit.record.joining["all"]["sets"]) == 3
    verdicts = {each.name: each.verdict for each in fit.record.validation}
    assert {verdicts[name] for name in ("seed", "monotone", "additive", "reason_stability")} == {"green"}
    own, _, *of_folds = boosting.seeds(SPEC.seed, 4)
    seeds = {"seed": SPEC.seed, "booster_seed": own, "fold_seeds": tuple(of_folds)}
    assert fit.record.params == {**FEW, "learning_rate": 0.05, "min_samples_leaf": 4, **seeds}


def test_the_report_speaks_of_no_trees():
    page = report.page(RESULT, frame(), SPEC, CATALOGUE, {}, POLICY, currency="CNY")
    assert "outer_bags=2" in page
    assert "The curves of the strongest features, as they score" in page
    for word in ("TreeSHAP", "XGBoost", "树模型", "with the median", "together with others"):
        assert word not in page


@pytest.mark.parametrize(
    "params", [{"max_depth": 3}, {"outer_bags": 0}, {"max_bins": 32.5}, {"max_rounds": True}, {"learning_rate": "0.1"}]
)
def test_params_that_it_does_not_take_are_refused(params):
    (name,) = params
    spec, refused = SPEC.model_copy(update={"params": params}), rf"set {name} to what .* learning_rate, a number from"
    with pytest.raises(ContractError, match=refused):
        ebm.fit(frame(), spec, MONOTONE)
    with pytest.raises(ContractError, match=refused):
        next(ebm.fold_losses(frame(), spec, MONOTONE))


def test_a_search_tries_parameters_on_the_rows_that_follow(tmp_path):
    declared = Search(trials=3, space={"max_bins": (4, 32), "learning_rate": Range(low=0.02, high=0.2)})
    spec = SPEC.model_copy(update={"search": declared})
    chosen, search = parameter_search.searched(tmp_path, spec, models.of_kind("ebm"), frame(), MONOTONE, "f")
    trials = search["trials"]
    assert trials[search["chosen"]]["loss"] == min(each["loss"] for each in trials if not each["pruned"])
    assert chosen.params == FEW | trials[search["chosen"]]["params"]
    late = frame()["as_of"] >= frame()["as_of"].quantile(0.8)
    spoilt = frame().assign(**{spec.label: frame()[spec.label].mask(late & (frame()[spec.label] >= 0), 0.0)})
    assert [*ebm.fold_losses(spoilt, chosen, MONOTONE)] == [*ebm.fold_losses(frame(), chosen, MONOTONE)]


def test_a_drawn_curve_is_the_contribution_of_each_value():
    shap = PREDICTOR.shap_values(frame())
    for j, name in enumerate(PREDICTOR.features):
        np.testing.assert_allclose(PREDICTOR.curve(name).of(PREDICTOR.matrix(frame())[:, j]), shap[name], atol=1e-12)
