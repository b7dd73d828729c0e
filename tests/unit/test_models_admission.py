"""The admission model: what it is held to, what it ships, what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest
import shap
from portfolio import ADMISSION, CATALOGUE, MONOTONE, NAMES, POLICY, admitted, frame, protected

import models
from conf.schema.errors import FieldstoneError
from models import admission, frames, metrics, pd_model, report
from models.kind import ModelKind, PdKind
from models.metrics import jeffreys_p

PREDICTOR, RECORD = admitted().predictor, admitted().record


def test_ranks_and_is_calibrated_out_of_time():
    assert RECORD.metrics["auc_oot"] > 0.7
    assert RECORD.metrics["binomial_p_oot"] > 0.01
    assert abs(RECORD.metrics["mean_pd_in_time"] - RECORD.metrics["bad_rate_in_time"]) < 0.005


def test_pd_is_a_probability_and_the_predictor_returns_nothing_else():
    scored = PREDICTOR.predict(frame())
    assert list(scored.columns) == list(PREDICTOR.outputs) == ["pd"]
    assert scored["pd"].between(0, 1).all()
    assert scored["pd"].nunique() > 500


@pytest.mark.parametrize("name", [name for name in NAMES if MONOTONE[name]])
def test_pd_follows_the_declared_direction_everywhere(name):
    rows = frame().head(100)
    steps = np.array([PREDICTOR.predict_pd(rows.assign(**{name: value})) for value in np.linspace(-3, 3, 25)])
    assert (np.diff(steps, axis=0) * MONOTONE[name] >= 0).all()


def test_contributions_add_up_to_the_margin():
    total = PREDICTOR.shap_values(frame()).sum(axis=1) + PREDICTOR.base_value
    assert np.abs(total - PREDICTOR.margin(frame())).max() <= 1e-5


def test_contributions_are_those_of_the_shap_package():
    rows = frame().head(50)
    read = PREDICTOR.missing.filled(frames.matrix(rows, PREDICTOR.features))
    explained = shap.TreeExplainer(PREDICTOR.booster)(read)
    np.testing.assert_allclose(PREDICTOR.shap_values(rows), explained.values, atol=1e-5)


def test_contributions_at_the_cut_off_add_up_to_it():
    for cut_off in (0.01, 0.12, 0.2, 0.9):
        total = PREDICTOR.reference(cut_off).sum() + PREDICTOR.base_value
        assert PREDICTOR.calibration.pd(total) == pytest.approx(cut_off, abs=1e-5)


def test_the_booster_holds_the_best_rounds_and_no_others():
    assert PREDICTOR.booster.num_boosted_rounds() == RECORD.best_iteration + 1 < ADMISSION.rounds


def test_json_brings_back_the_same_predictor():
    again = models.predictor_from_json(PREDICTOR.to_json())
    np.testing.assert_array_equal(again.predict_pd(frame()), PREDICTOR.predict_pd(frame()))
    pd.testing.assert_frame_equal(again.shap_values(frame()), PREDICTOR.shap_values(frame()))
    assert again.to_json() == PREDICTOR.to_json()
    assert json.loads(again.to_json())["booster"]["learner"]["objective"]["name"] == "binary:logistic"


def test_the_same_rows_in_another_order_give_the_same_model_and_record():
    again = admission.fit(frame().sample(frac=1, random_state=5), ADMISSION, MONOTONE, POLICY, protected())
    assert again.predictor.to_json() == PREDICTOR.to_json()
    assert again.record == RECORD


def test_nothing_is_learnt_from_the_out_of_time_slice():
    late = frame()["as_of"] >= RECORD.split["oot"]["from"]
    spoilt = frame().assign(is_default_12m=frame()["is_default_12m"].mask(late, 1 - frame()["is_default_12m"]))
    again = admission.fit(spoilt, ADMISSION, MONOTONE, POLICY, protected())
    assert again.predictor.to_json() == PREDICTOR.to_json()
    assert again.record.metrics["auc_in_time"] == RECORD.metrics["auc_in_time"]
    assert again.record.metrics["auc_oot"] == pytest.approx(1 - RECORD.metrics["auc_oot"])


def test_in_time_figures_come_from_rows_held_out():
    in_time = admitted().scored.query("slice == 'in_time'")
    assert metrics.auc(in_time["bad"], in_time["pd"]) == pytest.approx(RECORD.metrics["auc_in_time"])
    known = frame().set_index("application_id").loc[in_time["application_id"]]
    assert metrics.auc(in_time["bad"], PREDICTOR.predict_pd(known)) > RECORD.metrics["auc_in_time"] + 0.03


def test_the_record_counts_what_was_left_out_and_is_json():
    counts = RECORD.counts
    assert counts["left_out"] == counts["status_indeterminate"] + counts["status_immature"] > 0
    assert counts["given"] == len(frame()) == counts["used"] + counts["left_out"]
    written = json.loads(json.dumps(RECORD.as_dict(), allow_nan=False))
    assert written["passed"] is all(gate["passed"] for gate in written["gates"])
    assert written["grades"][0]["grade"] == "A"
    assert set(written["importance"]) == set(written["stability"]) == set(NAMES)


def test_the_scorecard_stands_beside_it():
    gain = RECORD.metrics["auc_oot"] - RECORD.benchmark["auc_oot"]
    assert RECORD.metrics["auc_gain_over_scorecard"] == pytest.approx(gain)
    assert all(part["coefficient"] < 0 for part in RECORD.benchmark["features"])
    assert np.sign(RECORD.metrics["auc_gain_z"]) == np.sign(gain)
    assert "auc_gain_z" in {gate.metric for gate in RECORD.gates}


def test_a_model_that_a_scorecard_beats_misses_its_gate():
    # no tree at all: nobody is ranked
    lame = ADMISSION.model_copy(update={"rounds": 1, "params": {"max_depth": 1, "min_child_weight": 1e6}})
    record = admission.fit(frame(), lame, MONOTONE).record
    assert record.metrics["auc_gain_z"] < -1.64
    assert not next(gate for gate in record.gates if gate.metric == "auc_gain_z").passed


def test_cross_validation_leaves_each_row_out_once():
    areas = pd_model.cross_validate(admission.learn, frame(), ADMISSION, MONOTONE, 3)
    folds = [area for name, area in areas.items() if name.startswith("auc_fold_")]
    assert len(folds) == 3
    assert areas["auc_cv"] == pytest.approx(np.mean(folds))
    assert 0.65 < areas["auc_cv"] < 0.9


def test_too_few_defaults_are_refused():
    few = frame().assign(is_default_12m=(frame().index < 20).astype(float))
    with pytest.raises(FieldstoneError, match=r"a fold has \d bad and \d+ good rows, at least 5 of each are needed"):
        admission.fit(few, ADMISSION, MONOTONE)


def test_a_label_other_than_0_and_1_is_refused():
    with pytest.raises(FieldstoneError, match=r"label is_default_12m must be 1 \(bad\), 0 \(good\) or null"):
        admission.fit(frame().assign(is_default_12m=2), ADMISSION, MONOTONE)


def test_weighting_the_classes_is_refused():
    spec = ADMISSION.model_copy(update={"params": {"scale_pos_weight": 10}})
    with pytest.raises(FieldstoneError, match=r"params must not set \['scale_pos_weight'\]"):
        admission.fit(frame(), spec, MONOTONE)


def test_a_gate_on_an_unknown_figure_is_refused():
    gate = ADMISSION.gates[0].model_copy(update={"metric": "auc_tomorrow"})
    with pytest.raises(FieldstoneError, match="there is no metric 'auc_tomorrow' for a gate; the metrics are rows"):
        admission.fit(frame(), ADMISSION.model_copy(update={"gates": (gate,)}), MONOTONE)


def test_scoring_without_a_feature_says_which():
    with pytest.raises(FieldstoneError, match=r"no column for the features \['feature_00_cny'\], which the model was"):
        PREDICTOR.predict_pd(frame().drop(columns="feature_00_cny"))


def test_a_predictor_is_read_by_the_kind_that_it_names(monkeypatch):
    monkeypatch.setitem(models.KINDS, "another", "models.admission")
    text = PREDICTOR.to_json().replace('"kind": "admission"', '"kind": "another"')
    np.testing.assert_array_equal(models.predictor_from_json(text).predict_pd(frame()), PREDICTOR.predict_pd(frame()))


def test_the_features_of_a_predictor_are_told_without_making_it():
    assert models.features_of_json(PREDICTOR.to_json()) == PREDICTOR.features


def test_an_unknown_kind_of_model_is_refused():
    for kind in ("oracle", "metrics"):  # the latter is a module of models, and no kind
        with pytest.raises(
            FieldstoneError, match=rf"there is no kind of model '{kind}'; `kind` of a spec is one of admission,"
        ):
            models.of_kind(kind)


@pytest.mark.parametrize("kind", models.KINDS)
def test_each_kind_gives_what_training_and_scoring_ask_of_it(kind):
    module = models.of_kind(kind)
    members = {
        name for name in vars(PdKind if "pd" in module.PREDICTOR.outputs else ModelKind) if not name.startswith("_")
    }
    assert all(callable(getattr(module, name)) for name in {*members, "PREDICTOR", "fit", "fold_losses"})


@pytest.mark.parametrize("method", ["auto", "platt", "isotonic", "beta"])
def test_the_record_says_how_the_pd_was_calibrated_and_how_others_would_have_done(method):
    fitted = admission.fit(frame(), ADMISSION.model_copy(update={"calibration": method}), MONOTONE, POLICY)
    losses = fitted.record.calibration["losses"]
    assert set(losses) == {"platt", "isotonic", "beta"}
    used = min(losses, key=losses.get) if method == "auto" else method
    assert fitted.record.calibration["method"] == used == type(fitted.predictor.calibration).__name__.lower()
    again = models.predictor_from_json(fitted.predictor.to_json())
    np.testing.assert_array_equal(again.predict_pd(frame()), fitted.predictor.predict_pd(frame()))


def test_what_happened_later_has_no_say_in_how_the_pd_is_calibrated():
    auto = ADMISSION.model_copy(update={"calibration": "auto"})
    late = frame()["as_of"] >= RECORD.split["oot"]["from"]
    spoilt = frame().assign(is_default_12m=frame()["is_default_12m"].mask(late, 1 - frame()["is_default_12m"]))
    before, after = (admission.fit(rows, auto, MONOTONE, POLICY).record.calibration for rows in (frame(), spoilt))
    assert before == after


def test_the_mean_pd_of_the_latest_months_in_time_is_their_bad_rate():
    spec = ADMISSION.model_copy(update={"central_tendency_months": 6})
    fitted = admission.fit(frame(), spec, MONOTONE, POLICY)
    at = frame().set_index("application_id")["as_of"]
    rows = fitted.scored.loc[fitted.scored["slice"] == "in_time"].assign(at=lambda each: each["application_id"].map(at))
    recent = rows.loc[rows["at"] > rows["at"].max() - pd.DateOffset(months=6)]
    central = fitted.record.calibration["central_tendency"]
    assert central == {"rows": len(recent), "bad_rate": recent["bad"].mean()}
    assert len(recent) < len(rows)
    assert recent["pd"].mean() == pytest.approx(central["bad_rate"])
    assert fitted.record.metrics["auc_oot"] == RECORD.metrics["auc_oot"]
    page = report.page(fitted, frame(), spec, CATALOGUE, {}, POLICY, currency="CNY")
    assert f"months was their default rate, <b>{central['bad_rate']:.1%}</b> (central tendency)" in page


def test_a_central_tendency_of_too_few_is_refused():
    spec = ADMISSION.model_copy(update={"central_tendency_months": 1})
    end = pd.Timestamp(RECORD.split["in_time"]["to"])
    is_recent = frame()["as_of"].between(end - pd.DateOffset(months=1), end)
    none_bad = frame().assign(is_default_12m=frame()["is_default_12m"].mask(is_recent, 0.0))
    refused = (
        "a central tendency of the latest 1 months has 0 bad .* give central_tendency_months more, or leave it out"
    )
    with pytest.raises(FieldstoneError, match=refused):
        admission.fit(none_bad, spec, MONOTONE, POLICY)


def test_the_least_chance_of_a_grade_counts_that_there_are_many():
    grades = [(row["bads"], row["n"], row["mean_pd"]) for row in RECORD.grades if row["n"]]
    least = min(jeffreys_p(*each) for each in grades)
    assert RECORD.metrics["grade_jeffreys_p"] == pytest.approx(min(len(grades) * least, 1))
