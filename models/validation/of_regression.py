"""The evidence for validating a model of any number, and all tests of a quantile and of a mean."""

from dataclasses import dataclass

import numpy as np

from models import metrics
from models.validation import bias, coverage, evidence, stability, weak_parts
from models.validation.evidence import Evidence
from models.validation.finding import Measure


@dataclass(frozen=True, kw_only=True)
class RegressionEvidence(Evidence):
    """Evidence of a model of any number, in the label's unit.

    Attributes:
        actual: labels.
        predicted: predictions; for development, by folds that left the row out.
        constant: constant prediction without any feature.
    """

    actual: np.ndarray
    predicted: np.ndarray
    constant: float


def of_quantile(of: RegressionEvidence, level: float) -> dict[str, Measure]:
    """Name of a test → its measure, for a quantile of a level."""
    meant, late = 1 - level, ~of.development
    reached = (of.actual >= of.predicted)[late]

    def losses(predicted: np.ndarray) -> np.ndarray:
        return metrics.pinball_losses(of.actual, predicted, level)

    before, after = _gains(of, losses(of.predicted), losses(np.full(len(of.actual), of.constant)))
    return {
        "coverage": coverage.coverage(reached, meant),
        "coverage_by_band": coverage.worst(reached, meant, coverage.bands(of.predicted[late])),
        "coverage_by_part": coverage.worst(reached, meant, weak_parts.large(weak_parts.parts(of.x, of.groups), late)),
        "group_coverage": coverage.worst(reached, meant, _groups(of)),
        "pinball_gain": after,
        "pinball_gain_drop": coverage.gain_drop(before, after),
    } | _of_any(of)


def of_mean(of: RegressionEvidence) -> dict[str, Measure]:
    """Name of a test → its measure, for a mean."""
    late = ~of.development
    missed = (of.actual - of.predicted)[late]
    before, after = _gains(of, (of.actual - of.predicted) ** 2, (of.actual - of.constant) ** 2)
    return {
        "bias": bias.bias(missed),
        "bias_by_band": bias.worst(missed, coverage.bands(of.predicted[late])),
        "bias_by_part": bias.worst(missed, weak_parts.large(weak_parts.parts(of.x, of.groups), late)),
        "group_bias": bias.worst(missed, _groups(of)),
        "r2": after,
        "r2_drop": coverage.gain_drop(before, after),
    } | _of_any(of)


def _of_any(of: RegressionEvidence) -> dict[str, Measure]:
    """Tests for any number, in units of a typical label, so that the same thresholds fit any unit."""
    early, late = of.development, ~of.development
    return {
        "rank_correlation": coverage.rank_correlation(of.actual[late], of.predicted[late]),
        "prediction_psi": stability.psi(of.predicted[early], of.predicted[late]),
        **evidence.of_features(of),
        **evidence.of_score(of, unit=float(np.abs(of.actual).mean())),
        **evidence.of_rows(of),
    }


def _gains(of: RegressionEvidence, own: np.ndarray, by_constant: np.ndarray) -> tuple[Measure, Measure]:
    """Gain over the constant in development and out of time, from the losses of each row."""
    early, late = (coverage.gain(own[mask], by_constant[mask]) for mask in (of.development, ~of.development))
    return early, late


def _groups(of: RegressionEvidence) -> dict[str, np.ndarray]:
    """Protected groups of the rows out of time, of all attributes together."""
    each = weak_parts.by_attribute(of.protected.loc[~of.development])
    return {name: mask for groups in each for name, mask in groups.items()}
