"""The evidence for validating a model of any number, and all tests of a quantile and of a mean."""

from dataclasses import dataclass

import numpy as np

from models import functionals
from models.functionals import Functional
from models.validation import bias, coverage, evidence, gains, leakage, rivals, robustness, stability, weak_parts
from models.validation.evidence import Evidence
from models.validation.finding import Measure
from models.validation.gains import Losses


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
    meant, late, functional = 1 - level, ~of.development, functionals.quantile(level)
    reached = (of.actual >= of.predicted)[late]
    before, after = _gains(of, functional)
    return {
        "coverage": coverage.coverage(reached, meant),
        "coverage_by_band": coverage.worst(reached, meant, coverage.bands(of.predicted[late])),
        "coverage_by_part": coverage.worst(reached, meant, weak_parts.large(weak_parts.parts(of.x, of.groups), late)),
        "group_coverage": coverage.worst(reached, meant, _groups(of)),
        "pinball_gain": after,
        "pinball_gain_drop": gains.drop(before, after),
    } | _of_any(of, functional)


def of_mean(of: RegressionEvidence) -> dict[str, Measure]:
    """Name of a test → its measure, for a mean."""
    late, functional = ~of.development, functionals.mean()
    missed = (of.actual - of.predicted)[late]
    before, after = _gains(of, functional)
    return {
        "bias": bias.bias(missed),
        "bias_by_band": bias.worst(missed, coverage.bands(of.predicted[late])),
        "bias_by_part": bias.worst(missed, weak_parts.large(weak_parts.parts(of.x, of.groups), late)),
        "group_bias": bias.worst(missed, _groups(of)),
        "r2": after,
        "r2_drop": gains.drop(before, after),
    } | _of_any(of, functional)


def _of_any(of: RegressionEvidence, functional: Functional) -> dict[str, Measure]:
    """Tests for any number, in units of a typical label, so that the same thresholds fit any unit."""
    early, late = of.development, ~of.development
    before, after = (gains.rank_correlation(of.actual[mask], of.predicted[mask]) for mask in (early, late))
    return {
        "rank_correlation": after,
        "rank_correlation_drop": gains.drop(before, after),
        "prediction_psi": stability.psi(of.predicted[early], of.predicted[late]),
        **evidence.of_features(of),
        **evidence.of_score(of, unit=float(np.abs(of.actual).mean())),
        **evidence.of_rows(of),
        "feature_correlation": leakage.feature_correlation(of.x.loc[early], of.actual[early]),
        "post_outcome": leakage.known_after(of.x.loc[early], of.actual[early]),
        **_by_loss(of, functional),
        **_perturbed(of, functional),
    }


def _losses(of: RegressionEvidence, functional: Functional) -> Losses:
    """Of all rows, compared with the constant."""
    return Losses(functional.losses(of.actual, of.predicted), functional.losses(of.actual, _constant(of)))


def _constant(of: RegressionEvidence) -> np.ndarray:
    return np.full(len(of.actual), of.constant)


def _gains(of: RegressionEvidence, functional: Functional) -> tuple[Measure, Measure]:
    """Gain over the constant in development and out of time."""
    losses = _losses(of, functional)
    return gains.gain(losses.among(of.development)), gains.gain(losses.among(~of.development))


def _by_loss(of: RegressionEvidence, functional: Functional) -> dict[str, Measure]:
    """Where the model loses more than elsewhere, or than a simpler one."""
    losses, early, late = _losses(of, functional), of.development, ~of.development
    here, x = losses.among(late), of.x.loc[late]
    seen, unusual = np.isin(of.subject[late], of.subject[early]), weak_parts.unusual(of.x.loc[early], x)
    rival = rivals.linear(of.x.loc[early], of.actual[early], x, functional.of)
    against = Losses(here.own, functional.losses(of.actual[late], rival))
    return {
        "overfit_region_gain": gains.drop_by_part(losses, weak_parts.parts(of.x, of.groups), early),
        "resilience_gain": gains.over(against.among(unusual)),
        "both_sides_gain": gains.drop(gains.gain(here.among(seen)), gains.gain(here.among(~seen))),
        "linear_regression": gains.over(against),
    }


def _perturbed(of: RegressionEvidence, functional: Functional) -> dict[str, Measure]:
    """What small changes of the features out of time cost."""
    late = ~of.development
    actual, by_constant = of.actual[late], functional.loss(of.actual[late], _constant(of)[late])

    def saved(predicted: np.ndarray) -> float:
        return 1 - functional.loss(actual, predicted) / by_constant

    return {
        "noise_gain": robustness.noise(of.x.loc[late], saved, of.score),
        "missing_values_gain": robustness.missing_values(of.x.loc[late], saved, of.score),
    }


def _groups(of: RegressionEvidence) -> dict[str, np.ndarray]:
    """Protected groups of the rows out of time, of all attributes together."""
    each = weak_parts.by_attribute(of.protected.loc[~of.development])
    return {name: mask for groups in each for name, mask in groups.items()}
