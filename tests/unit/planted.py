"""Evidence of models that know the truth of simulated numbers, and defects planted in it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from scipy import stats

from models.finding import Finding
from models.validation.of_capacity import CapacityEvidence
from models.validation.of_regression import RegressionEvidence

ROWS, EARLY, SPREAD, LEVEL = 1600, 1000, 12_000.0, 0.3
EFFECTS = {"land": 10_000.0, "debt": -8_000.0, "age": 0.0}
UNTIL = datetime(2025, 1, 1, tzinfo=UTC)
Of = TypeVar("Of", bound=RegressionEvidence)
Defect = Callable[[Of], Of]


def expected(x: pd.DataFrame) -> np.ndarray:
    """The true mean and median; what is missing counts as 0, which is the mean of a feature."""
    return 60_000 + x.fillna(0).to_numpy(float) @ np.array([EFFECTS.get(str(name), 0.0) for name in x])


def above(level: float) -> float:
    """How far a quantile of numbers that lie normally around their median is above it."""
    return SPREAD * float(stats.norm.ppf(level))


def _true(seed: int, above: float, constant: Callable[[np.ndarray], float]) -> dict[str, Any]:
    """Evidence of a model that predicts the true median and as much above it."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(ROWS, len(EFFECTS)))
    x = pd.DataFrame(np.where(rng.random(values.shape) < 0.05, np.nan, values), columns=pd.Index(EFFECTS))
    early = np.arange(ROWS) < EARLY
    actual = expected(x) + SPREAD * rng.normal(size=ROWS)
    return {
        "x": x,
        "actual": actual,
        "predicted": expected(x) + above,
        "constant": constant(actual[early]),
        "as_of": pd.Series(pd.Timestamp(UNTIL) - pd.to_timedelta(ROWS - np.arange(ROWS), unit="h")),
        "subject": rng.integers(0, ROWS, ROWS),
        "development": early,
        "score": lambda x: expected(x) + above,
        "contributions": x.loc[~early].fillna(0).to_numpy() * [*EFFECTS.values()],
        "base_value": 60_000 + above,
        "margin": expected(x.loc[~early]) + above,
        "directions": {name: int(np.sign(effect)) for name, effect in EFFECTS.items()},
        "known_until": UNTIL,
        "protected": pd.DataFrame({"sex": rng.choice(["F", "M"], ROWS)}),
        "groups": pd.DataFrame({"township": rng.choice(["east", "west"], ROWS)}),
    }


def a_mean(seed: int) -> RegressionEvidence:
    """Rows of which the mean is true."""
    return RegressionEvidence(**_true(seed, 0, lambda known: float(np.mean(known))))


def _constant(known: np.ndarray) -> float:
    return float(np.quantile(known, LEVEL))


def a_quantile(seed: int) -> RegressionEvidence:
    """Rows of which the quantile at `LEVEL` is true."""
    return RegressionEvidence(**_true(seed, above(LEVEL), _constant))


def a_capacity(seed: int) -> CapacityEvidence:
    """Rows of which the capacity, a quantile at `LEVEL`, is true, and the quantiles beside it too."""
    true = _true(seed, above(LEVEL), _constant)
    others = {level: expected(true["x"]) + above(level) for level in (0.1, 0.5)}
    return CapacityEvidence(**true, level=LEVEL, others=others)


def verdicts(tests: tuple[Finding, ...]) -> dict[str, str]:
    """Verdict by test."""
    return {each.name: each.verdict for each in tests}


def falsely_red(each: list[dict[str, str]]) -> dict[str, int]:
    """Tests that call more clean seeds red than one in twenty, chance apart at one in a thousand."""
    most = int(stats.binom.ppf(0.999, len(each), 0.05))
    red = (pd.DataFrame(each) == "red").sum()
    return {str(name): int(n) for name, n in red.items() if n > most}


def _late(of: RegressionEvidence, column: pd.Series, value: str) -> np.ndarray:
    return ~of.development & column.eq(value).to_numpy()


def _moved(of: Of, rows: np.ndarray, amount: float = SPREAD) -> Of:
    """Predictions of some rows are higher by an amount."""
    return replace(of, predicted=of.predicted + np.where(rows, amount, 0.0))


def drifted(of: Of) -> Of:
    """Out of time labels are lower than ever before."""
    return replace(of, actual=of.actual - np.where(of.development, 0.0, SPREAD))


def too_high(of: Of) -> Of:
    """Out of time all predictions are too high."""
    return _moved(of, ~of.development)


def too_low(of: Of) -> Of:
    """Out of time all predictions are too low."""
    return _moved(of, ~of.development, -SPREAD)


def broken_band(of: Of) -> Of:
    """Out of time the highest predictions are too high."""
    return _moved(of, ~of.development & (of.predicted > np.quantile(of.predicted, 0.8)))


def broken_slice(of: Of) -> Of:
    """Out of time western predictions are too high."""
    return _moved(of, _late(of, of.groups["township"], "west"))


def unfair(of: Of) -> Of:
    """Out of time women's predictions are less than a half of what they should be."""
    women = _late(of, of.protected["sex"], "F")
    return replace(of, predicted=of.predicted * np.where(women, 0.4, 1.0))


def shuffled(of: Of) -> Of:
    """Out of time labels belong to others, and a third of them fell to a tenth."""
    rng, actual = np.random.default_rng(2), of.actual.copy()
    late = rng.permutation(actual[~of.development])
    actual[~of.development] = np.where(np.arange(late.size) % 3 == 0, late / 10, late)
    return replace(of, actual=actual)


def moved(of: Of) -> Of:
    """Out of time one feature has moved by two standard deviations, and a third of another is gone."""
    late = ~of.development
    gone = late & (np.random.default_rng(5).random(ROWS) < 0.33)
    x = of.x.assign(debt=of.x["debt"] + 2 * late, land=of.x["land"].mask(gone))
    return replace(of, x=x, predicted=of.predicted + expected(x) - expected(of.x))


def against(of: Of) -> Of:
    """More debt raises the prediction, and contributions don't add up."""
    return replace(of, directions=of.directions | {"debt": 1}, base_value=of.base_value + 5_000)


def future_row(of: Of) -> Of:
    """A few rows from after the data."""
    return replace(of, as_of=of.as_of.mask(of.as_of.index >= ROWS - 4, UNTIL + pd.Timedelta(days=3)))


def learnt_late(of: Of) -> Of:
    """A few rows of development from after the first row out of time."""
    return replace(of, as_of=of.as_of.mask(of.as_of.index < 4, UNTIL - pd.Timedelta(hours=1)))


def repeated(of: Of) -> Of:
    """A hundred rows out of time are rows of development."""
    x = of.x.copy()
    x.iloc[-100:] = x.iloc[:100].to_numpy()
    return replace(of, x=x)


def leak(of: Of) -> Of:
    """A feature that is the label, with a little noise."""
    near = of.actual + 0.3 * SPREAD * np.random.default_rng(1).normal(size=ROWS)
    return replace(of, x=of.x.assign(leak=near))


def post_outcome(of: Of) -> Of:
    """A feature that is written once a harvest has failed."""
    return replace(of, x=of.x.assign(relief=np.where(of.actual < 50_000, 1.0, np.nan)))


def both_sides(of: Of) -> Of:
    """A half of the households out of time was learnt by heart."""
    half = ~of.development & (np.arange(ROWS) % 2 == 0)
    subject = np.where(of.development, np.arange(ROWS), 10_000 + np.arange(ROWS))
    subject = np.where(half, np.arange(ROWS) - EARLY, subject)
    return replace(of, subject=subject, predicted=np.where(half, of.actual - 500, of.predicted))


def weak_on_the_unusual(of: Of) -> Of:
    """Out of time predictions of rows far from the middle go the wrong way."""
    far = ~of.development & (np.sum(of.x.fillna(0).to_numpy() ** 2, axis=1) > 4.5)
    return replace(of, predicted=np.where(far, 120_000 - of.predicted, of.predicted))


def worse_in_a_slice(of: Of) -> Of:
    """Out of time western predictions belong to others."""
    west = _late(of, of.groups["township"], "west")
    predicted = of.predicted.copy()
    predicted[west] = np.random.default_rng(4).permutation(predicted[west])
    return replace(of, predicted=predicted)


def fragile(of: Of) -> Of:
    """A model that predicts the least of all once a value is missing, or was never seen."""

    def jumpy(x: pd.DataFrame) -> np.ndarray:
        known = x.notna().all(axis=1).to_numpy() & np.isin(x["debt"].to_numpy(), of.x["debt"].to_numpy())
        return np.where(known, of.score(x), 0.0)

    return replace(of, score=jumpy)


# of any number: what each defect is found by
OF_ANY: dict[Defect, tuple[str, ...]] = {
    moved: ("prediction_psi", "feature_csi", "missing_rates"),
    against: ("monotone", "additive"),
    future_row: ("future_rows",),
    learnt_late: ("future_rows",),
    repeated: ("repeated_rows",),
    leak: ("feature_correlation",),
    post_outcome: ("post_outcome",),
    both_sides: ("both_sides_gain",),
    weak_on_the_unusual: ("resilience_gain",),
    worse_in_a_slice: ("overfit_region_gain", "linear_regression"),
    fragile: ("noise_gain", "missing_values_gain"),
    shuffled: ("rank_correlation", "rank_correlation_drop"),
}
OF_QUANTILES: dict[Defect, tuple[str, ...]] = OF_ANY | {
    drifted: ("coverage", "coverage_by_band", "coverage_by_part"),
    too_high: ("coverage", "coverage_by_band", "coverage_by_part", "prediction_psi"),
    too_low: ("coverage",),
    broken_band: ("coverage_by_band",),
    broken_slice: ("coverage_by_part",),
    unfair: ("group_coverage",),
    shuffled: (*OF_ANY[shuffled], "pinball_gain", "pinball_gain_drop"),
}
OF_MEANS: dict[Defect, tuple[str, ...]] = OF_ANY | {
    drifted: ("bias", "bias_by_band", "bias_by_part"),
    too_high: ("bias", "bias_by_band", "bias_by_part", "prediction_psi"),
    too_low: ("bias",),
    broken_band: ("bias_by_band",),
    broken_slice: ("bias_by_part",),
    unfair: ("group_bias",),
    shuffled: (*OF_ANY[shuffled], "r2", "r2_drop"),
}
