"""The tests of a quantile's and a mean's validation are tested: they leave a true one alone and find each defect."""

from collections.abc import Callable
from functools import cache

import pytest
from planted import LEVEL, OF_MEANS, OF_QUANTILES, Defect, a_mean, a_quantile, falsely_red, verdicts

from conf.schema.workspace import load
from models.validation import of_regression
from models.validation.finding import findings
from models.validation.of_regression import RegressionEvidence
from models.validation.regression_questions import REGRESSION_QUESTIONS

RULES = load().validation
# by kind of model: its evidence of a seed, and the defects with what finds them
KINDS: dict[str, tuple[Callable[[int], RegressionEvidence], dict[Defect, tuple[str, ...]]]] = {
    "quantile_regression": (a_quantile, OF_QUANTILES),
    "mean_regression": (a_mean, OF_MEANS),
}
DEFECTS = [(kind, defect) for kind, (_, defects) in KINDS.items() for defect in defects]


def judged(kind: str, of: RegressionEvidence) -> dict[str, str]:
    of_kind = kind == "mean_regression"
    measures = of_regression.of_mean(of) if of_kind else of_regression.of_quantile(of, LEVEL)
    return verdicts(findings(measures, RULES))


@cache
def clean(kind: str, seed: int) -> dict[str, str]:
    return judged(kind, KINDS[kind][0](seed))


@pytest.mark.parametrize("kind", KINDS)
def test_a_true_prediction_is_seldom_called_red(kind):
    assert not falsely_red([clean(kind, seed) for seed in range(12)])


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS)
def test_a_true_prediction_is_called_red_by_no_test_in_more_than_one_of_twenty_seeds(kind):
    assert not falsely_red([clean(kind, seed) for seed in range(200)])


def test_every_question_is_asked_of_a_quantile_or_a_mean_and_can_be_tested():
    both = clean("quantile_regression", 1) | clean("mean_regression", 1)
    assert set(REGRESSION_QUESTIONS) < set(both)
    assert "not tested" not in both.values()


@pytest.mark.parametrize(("kind", "defect"), DEFECTS, ids=[f"{kind} {defect.__name__}" for kind, defect in DEFECTS])
def test_a_planted_defect_is_found_by_the_test_named_for_it(kind, defect):
    evidence, defects = KINDS[kind]
    shown = judged(kind, defect(evidence(1)))
    assert {name: shown[name] for name in defects[defect]} == dict.fromkeys(defects[defect], "red")


@pytest.mark.parametrize("kind", KINDS)
def test_every_test_is_shown_a_defect(kind):
    assert set(clean(kind, 1)) == {name for names in KINDS[kind][1].values() for name in names}
