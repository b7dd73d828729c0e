"""The validation's tests are tested: they leave a true model alone, and each planted defect is found by its name."""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import validated
from scipy import stats
from validated import clean

from conf.schema import validation, workspace
from conf.schema.errors import FieldstoneError
from models import metrics
from models.validation import calibration, coverage, discrimination, fairness, of_pd, stability, weak_parts
from models.validation.finding import ALL_QUESTIONS, Measure, findings, judged
from models.validation.questions import QUESTIONS

RULES = validation.read(workspace.ROOT / "conf" / "validation.yaml")


def verdicts(of: of_pd.PdEvidence) -> dict[str, str]:
    """Verdict by test."""
    return {each.name: each.verdict for each in findings(of_pd.measures(of), RULES)}


@cache
def clean_verdicts(seeds: int) -> pd.DataFrame:
    """Verdicts of clean seeds, one row each."""
    return pd.DataFrame([verdicts(clean(seed)) for seed in range(seeds)])


def falsely_red(seeds: int) -> dict[str, int]:
    """Tests that call more clean seeds red than one in twenty, chance apart at one in a thousand."""
    most = int(stats.binom.ppf(0.999, seeds, 0.05))
    red = (clean_verdicts(seeds) == "red").sum()
    return {str(name): int(n) for name, n in red.items() if n > most}


def test_a_true_model_is_seldom_called_red():
    assert not falsely_red(12)


@pytest.mark.nightly
def test_a_true_model_is_called_red_by_no_test_in_more_than_one_of_twenty_seeds():
    assert not falsely_red(200)


def test_every_test_is_asked_and_has_a_threshold():
    assert set(QUESTIONS) == set(clean_verdicts(12).columns)
    assert set(ALL_QUESTIONS) == set(RULES.thresholds)
    assert len(QUESTIONS) >= 30


def test_of_a_true_model_every_test_can_be_tested():
    assert not (clean_verdicts(12) == "not tested").all().any()


DEFECTS = {
    "leak": ("single_feature", "information_value"),
    "post_outcome": ("post_outcome",),
    "shuffled": ("auc", "gini", "auc_drop", "capture", "brier_skill"),
    "drifted_grade": ("grade_calibration",),
    "reversed_grade": ("grade_order",),
    "broken_slice": ("slice_calibration", "overfit_region"),
    "bound_to_its_groups": ("out_of_group",),
    "unranked_slice": ("slice_ranking", "logistic_regression"),
    "future_row": ("future_rows",),
    "learnt_late": ("future_rows",),
    "both_sides": ("both_sides",),
    "repeated": ("repeated_rows",),
    "too_low": ("binomial", "jeffreys", "pd_too_low", "calibration_in_the_large", "hosmer_lemeshow"),
    "too_high": ("binomial", "jeffreys"),
    "overconfident": ("spiegelhalter", "calibration_slope"),
    "moved": ("score_psi", "feature_csi", "missing_rates"),
    "against": ("monotone", "additive"),
    "fragile": ("noise", "missing_values", "seed"),
    "unfair": ("selection", "equal_opportunity", "group_calibration"),
    "one_grade": ("grade_concentration",),
    "crowded": ("cut_off",),
    "ungrounded": ("grounding",),
    "interchangeable": ("reason_stability",),
    "restless": ("migration",),
    "weak_on_the_unusual": ("resilience",),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found_by_the_test_named_for_it(defect):
    by_test = verdicts(getattr(validated, defect)(clean(1)))
    assert {name: by_test[name] for name in DEFECTS[defect]} == dict.fromkeys(DEFECTS[defect], "red")


def test_every_test_is_shown_a_defect_or_tells_the_same_as_one_that_is():
    shown = {name for names in DEFECTS.values() for name in names}
    assert set(QUESTIONS) - shown == {"ks", "lift", "swap_set"}


def test_a_pd_of_random_numbers_is_worse_than_any_rival():
    of, rng = clean(1), np.random.default_rng(9)
    by_test = verdicts(replace(of, pd_=rng.permutation(of.pd_)))
    assert {by_test[name] for name in ("ks", "lift", "swap_set")} == {"red"}


def test_fairness_without_groups_is_not_tested_and_says_so():
    tests = findings(of_pd.measures(replace(clean(1), protected=pd.DataFrame())), RULES)
    of_fairness = {each.name: each for each in tests if each.family == "fairness"}
    assert {each.verdict for each in of_fairness.values()} == {"not tested"}
    assert all("not tested" in each.says["en"] and "未检验" in each.says["zh"] for each in of_fairness.values())


def test_what_is_judged_by_a_bound_tells_it():
    finding = {each.name: each for each in findings(of_pd.measures(validated.moved(clean(1))), RULES)}["missing_rates"]
    assert re.search(r"\), judged by 0\.\d+; ", finding.says["en"])
    assert re.search(r"，按界值 0\.\d+ 判定；", finding.says["zh"])


@pytest.mark.parametrize("names", [["sex", "valley"], ["valley", "sex"]])
def test_of_attributes_that_chance_explains_the_one_that_differs_most_is_told(names: list[str]):
    of, late = clean(1), ~clean(1).development
    both = pd.DataFrame({"sex": of.protected["sex"], "valley": of.groups["valley"]}).loc[:, names]
    columns, admitted = [both.loc[late, name] for name in names], of.pd_[late] <= of.cut_off_pd
    measured = of_pd.measures(replace(of, protected=both))
    gaps = [fairness.equal_opportunity(admitted, of.bad[late], each) for each in columns]
    assert [gap.judged for gap in gaps] == [0, 0]
    assert measured["equal_opportunity"] == max(gaps, key=lambda gap: gap.statistic)
    misses = [fairness.calibration(of.bad[late], of.pd_[late], each) for each in columns]
    assert measured["group_calibration"].p == min(miss.judged for miss in misses)


def test_of_parts_of_one_chance_the_largest_miss_is_told():
    few, more = (np.arange(120) // 60 == part for part in (0, 1))
    pd_ = np.where(few, 0.001, 0.005)  # nobody of either was bad, which chance explains wholly
    measure = weak_parts.calibration(np.zeros(120, int), pd_, {"few": few, "more": more})
    assert (measure.p, measure.where) == (1, ("more",))


def test_a_bound_that_is_judged_ends_the_interval_that_is_told():
    of, late = clean(1), ~clean(1).development
    township = pd.Series(np.random.default_rng(3).choice(list("abcde"), late.sum()), name="township")
    admitted, income = of.pd_[late] <= of.cut_off_pd, 1000 * np.exp(of.x.loc[late, "land"].fillna(0).to_numpy())
    masks = {name: (township == name).to_numpy() for name in "abcde"}
    for ratio in (fairness.selection(admitted, township), coverage.of_income(income, income * 0.5, masks)):
        assert ratio.bound == ratio.high
    gap = fairness.equal_opportunity(admitted, of.bad[late], township)
    assert gap.bound == max(gap.low, 0)
    parts, reached = {"all": np.ones(late.sum(), bool)}, np.arange(late.sum()) % 2 == 0
    assert coverage.worst(reached, 0.5, parts | masks).high > coverage.worst(reached, 0.5, parts).high


def test_groups_too_small_to_compare_are_not_tested():
    few = pd.Series(["F"] * 5 + [None] * 95, name="sex")
    assert np.isnan(fairness.selection(np.ones(100, bool), few).judged)


def test_figures_are_those_of_the_literature():
    # 13 bads of 100 at a PD of 8 %: the exact two-sided chance, and the quantile of a beta distribution
    bad, pd_ = np.r_[np.ones(13, int), np.zeros(87, int)], np.full(100, 0.08)
    assert calibration.binomial(bad, pd_).p == pytest.approx(stats.binomtest(13, 100, 0.08).pvalue)
    assert calibration.pd_too_low(bad, pd_).p == pytest.approx(stats.beta.cdf(0.08, 13.5, 87.5))
    # the intercept of a constant PD is the difference of two log-odds
    assert calibration.in_the_large(bad, pd_).statistic == pytest.approx(np.log(13 / 87) - np.log(8 / 92))


def test_delong_is_near_hanley_and_mcneil():
    of = clean(2)
    area = metrics.auc(of.bad, of.pd_)
    bads = int(of.bad.sum())
    assert discrimination.auc_error(of.bad, of.pd_) == pytest.approx(
        metrics.auc_standard_error(area, bads, validated.ROWS - bads), rel=0.15
    )


def test_a_psi_that_chance_explains_is_no_finding():
    rng = np.random.default_rng(0)
    measure = stability.psi(rng.normal(size=60), rng.normal(size=40))
    assert measure.statistic > 0.1
    assert judged("score_psi", measure, RULES).verdict == "green"


def test_a_threshold_knows_which_side_is_worse():
    high, low = validation.Threshold(amber=0.1, red=0.25), validation.Threshold(amber=0.05, red=0.01)
    assert [high.verdict(x) for x in (0.1, 0.2, 0.3)] == ["green", "amber", "red"]
    assert [low.verdict(x) for x in (0.05, 0.02, 0.001)] == ["green", "amber", "red"]
    assert low.verdict(float("nan")) == "not tested"


def test_a_test_without_a_threshold_is_told():
    bare = RULES.model_copy(update={"thresholds": {}})
    with pytest.raises(FieldstoneError, match=r"no threshold for 'auc'.*State its amber and red"):
        judged("auc", Measure(0.7), bare)


def test_thresholds_that_are_one_are_refused(tmp_path: Path):
    path = tmp_path / "validation.yaml"
    path.write_text('version: "1"\nthresholds: {auc: {amber: 0.6, red: 0.6}}\n')
    with pytest.raises(FieldstoneError, match=r"thresholds.auc: amber and red are both 0.6"):
        validation.read(path)


def test_another_threshold_is_another_fingerprint():
    assert RULES.fingerprint == validation.Validation.model_validate(RULES.model_dump()).fingerprint
    assert RULES.model_copy(update={"version": "x"}).fingerprint != RULES.fingerprint
