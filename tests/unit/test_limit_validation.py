"""The tests of a limit's validation are tested: they leave a true capacity alone and find each planted defect."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pandas as pd
import pytest
from portfolio import CATALOGUE, LIMIT, POLICY, frame, limited, protected
from scipy import stats

import models
from conf.schema.workspace import load
from models import report
from models.validation import of_capacity, of_fit
from models.validation.finding import findings
from models.validation.limit_questions import LIMIT_QUESTIONS
from models.validation.of_capacity import CapacityEvidence

RULES, UNTIL = load().validation, datetime(2025, 1, 1, tzinfo=UTC)
KIND = models.of_kind("limit")
ROWS, EARLY, SPREAD = 1600, 1000, 12_000.0
LEVELS = {"low": 0.1, "capacity": 0.3, "median": 0.5}


def expected(x: pd.DataFrame) -> np.ndarray:
    """The true median income; what is missing counts as 0, which is the mean."""
    return 60_000 + x.fillna(0).to_numpy(float) @ np.array([10_000.0, -8_000.0, 0.0])


def true_quantile(x: pd.DataFrame, level: float) -> np.ndarray:
    """Of incomes that lie normally around their median."""
    return expected(x) + SPREAD * float(stats.norm.ppf(level))


def clean(seed: int) -> CapacityEvidence:
    """Rows of which the capacity is true."""
    rng = np.random.default_rng(seed)
    x = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=["land", "debt", "age"])
    early = np.arange(ROWS) < EARLY
    late = x.loc[~early]
    shift = SPREAD * float(stats.norm.ppf(LEVELS["capacity"]))
    income = expected(x) + SPREAD * rng.normal(size=ROWS)
    return CapacityEvidence(
        x=x,
        income=income,
        predicted=pd.DataFrame({name: true_quantile(x, level) for name, level in LEVELS.items()}),
        levels=LEVELS,
        constant=float(np.quantile(income[early], LEVELS["capacity"])),
        as_of=pd.Series(pd.Timestamp(UNTIL) - pd.to_timedelta(ROWS - np.arange(ROWS), unit="h")),
        development=early,
        score=lambda x: true_quantile(x, LEVELS["capacity"]),
        contributions=late.to_numpy() * [10_000.0, -8_000.0, 0.0],
        base_value=60_000 + shift,
        margin=true_quantile(late, LEVELS["capacity"]),
        directions={"land": 1, "debt": -1, "age": 0},
        known_until=UNTIL,
        protected=pd.DataFrame({"sex": rng.choice(["F", "M"], ROWS)}),
        groups=pd.DataFrame({"township": rng.choice(["east", "west"], ROWS)}),
    )


def verdicts(of: CapacityEvidence) -> dict[str, str]:
    return {each.name: each.verdict for each in findings(of_capacity.measures(of), RULES)}


def falsely_red(seeds: int) -> dict[str, int]:
    """Tests that call more clean seeds red than one in twenty, chance apart at one in a thousand."""
    most = int(stats.binom.ppf(0.999, seeds, 0.05))
    red = (pd.DataFrame([verdicts(clean(seed)) for seed in range(seeds)]) == "red").sum()
    return {str(name): int(n) for name, n in red.items() if n > most}


def test_a_true_capacity_is_seldom_called_red():
    assert not falsely_red(12)


@pytest.mark.nightly
def test_a_true_capacity_is_called_red_by_no_test_in_more_than_one_of_twenty_seeds():
    assert not falsely_red(200)


def test_every_test_of_a_limit_is_asked_and_can_be_tested():
    judged = verdicts(clean(1))
    assert set(LIMIT_QUESTIONS) < set(judged)
    assert {"feature_csi", "missing_rates", "monotone", "additive", "future_rows", "repeated_rows"} < set(judged)
    assert "not tested" not in judged.values()


def moved_by(of: CapacityEvidence, rows: np.ndarray, amount: float) -> CapacityEvidence:
    """Predictions of some rows are higher by an amount."""
    return replace(of, predicted=of.predicted.add(np.where(rows, amount, 0.0), axis=0))


def late_where(of: CapacityEvidence, column: pd.Series, value: str) -> np.ndarray:
    return ~of.development & column.eq(value).to_numpy()


def too_high(of: CapacityEvidence) -> CapacityEvidence:
    return moved_by(of, ~of.development, SPREAD)


def one_band(of: CapacityEvidence) -> CapacityEvidence:
    capacity = of.predicted["capacity"].to_numpy()
    return moved_by(of, ~of.development & (capacity > np.quantile(capacity, 0.8)), SPREAD)


def one_township(of: CapacityEvidence) -> CapacityEvidence:
    return moved_by(of, late_where(of, of.groups["township"], "west"), SPREAD)


def one_sex(of: CapacityEvidence) -> CapacityEvidence:
    women = late_where(of, of.protected["sex"], "F")
    return replace(of, predicted=of.predicted.mul(np.where(women, 0.4, 1.0), axis=0))


def of_nobody(of: CapacityEvidence) -> CapacityEvidence:
    """Out of time, incomes belong to others, and a third of them fell to a tenth."""
    rng, income = np.random.default_rng(2), of.income.copy()
    late = rng.permutation(income[~of.development])
    income[~of.development] = np.where(np.arange(late.size) % 3 == 0, late / 10, late)
    return replace(of, income=income)


def against(of: CapacityEvidence) -> CapacityEvidence:
    """More debt raises the capacity, and contributions don't add up."""
    return replace(of, directions=of.directions | {"debt": 1}, base_value=of.base_value + 5_000)


DEFECTS: dict[Callable[[CapacityEvidence], CapacityEvidence], tuple[str, ...]] = {
    too_high: ("coverage", "coverage_of_range", "coverage_by_band", "coverage_by_part", "capacity_psi"),
    one_band: ("coverage_by_band",),
    one_township: ("coverage_by_part",),
    one_sex: ("group_coverage", "group_capacity"),
    of_nobody: ("overstated", "pinball_gain", "pinball_gain_drop", "rank_correlation"),
    against: ("monotone", "additive"),
}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_a_planted_defect_is_found_by_the_test_named_for_it(defect):
    shown = verdicts(defect(clean(1)))
    assert {name: shown[name] for name in DEFECTS[defect]} == dict.fromkeys(DEFECTS[defect], "red")


def test_every_test_is_shown_a_defect():
    assert set(LIMIT_QUESTIONS) <= {name for names in DEFECTS.values() for name in names}


@cache
def validated():
    return of_fit.validated(limited(), frame(), LIMIT, RULES, UNTIL, KIND, POLICY, protected())


def test_a_fitted_limit_has_its_findings_in_its_record_and_report():
    result = validated()
    record = json.loads(json.dumps(result.record.as_dict()))
    assert set(LIMIT_QUESTIONS) < {each["name"] for each in record["validation"]}
    assert record["validation_rules"]["fingerprint"] == RULES.fingerprint
    page = report.page(result, frame(), LIMIT, CATALOGUE, {}, POLICY, currency="CNY")
    assert all(f"<code>{name}</code>" in page for name in LIMIT_QUESTIONS)
    assert "Tested out of time" in page


def test_townships_are_parts_whose_coverage_is_looked_at():
    worse = limited().scored.copy()
    is_first = frame().set_index("application_id")["_out_of"].reindex(worse["application_id"]).eq("valley 1").to_numpy()
    worse["capacity"] += np.where(is_first & worse["slice"].eq("oot"), 1e6, 0.0)
    result = of_fit.validated(replace(limited(), scored=worse), frame(), LIMIT, RULES, UNTIL, KIND, POLICY, protected())
    by_part = {each.name: each for each in result.record.validation}["coverage_by_part"]
    assert by_part.where == ("township valley 1",)
    assert by_part.verdict == "red"
