"""Scorecard: the probability of default within the label's horizon, by whole points that can be added by hand.

A logistic regression on weights of evidence of optimally binned features (`models.scorecard`), calibrated by Platt's
method, whose log-odds are scaled to points (`models.points`) and rounded. What is printed is what scores: the points of
an applicant's attributes add up to the score, and the score tells the PD.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from conf.schema.errors import ContractError, DataError
from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import explain, frames, missing_values, pd_model, points
from models.calibration import Calibration, Platt
from models.card_predictor import CardPredictor
from models.kind import Relearning
from models.points import Scale
from models.record import FitResult
from models.splits import Folds

if TYPE_CHECKING:  # OR-tools and cvxpy take seconds to import, and scoring does without them
    from models.scorecard import Scorecard


PREDICTOR = CardPredictor


def fit(
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
    optional: Mapping[str, tuple[str, ...]] | None = None,
) -> FitResult[CardPredictor]:
    """Train and evaluate a scorecard as a PD model, see `pd_model.fit`; arguments and errors as in `kind.ModelKind`."""
    if spec.calibration != "platt":
        raise ContractError(
            f"model {spec.name}: calibration is {spec.calibration}, but points need log-odds along a straight line: "
            "set calibration: platt, or leave it out"
        )
    if spec.params:
        raise ContractError(
            f"model {spec.name}: params are {', '.join(spec.params)}, but a scorecard takes none, because its scale "
            "comes from the policy (score_base, score_base_odds, score_pdo): take params out of its spec"
        )
    return pd_model.fit(partial(learn, points.of_policy(policy)), frame, spec, monotone, policy, protected, optional)


def fold_losses(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> Iterator[float]:
    """Always raises, because a scorecard has no parameters to search.

    Raises:
        ContractError: always.
    """
    raise ContractError(f"model {spec.name}: a scorecard has no parameters to search; take search out of its spec")


def reseeded(again: Relearning) -> np.ndarray:
    """PD of the out-of-time rows; any seed gives the same, because a scorecard uses no random numbers."""
    return again.predictor.predict_pd(again.late)


def rescored(again: Relearning) -> np.ndarray:
    """Log-odds of the out-of-time rows by a scorecard trained on the features of `monotone` alone."""
    names, directions = tuple(again.monotone), tuple(again.monotone.values())
    known, late = (frames.matrix(rows, names) for rows in (again.known, again.late))
    worst = missing_values.beyond_worst(known, directions)
    card = _regressed(missing_values.fill(known, worst), again.bad, directions)
    return _margin(card, missing_values.fill(late, worst))


def relearnt(again: Relearning) -> CardPredictor | None:
    """A scorecard of the same features with bins and points of its own, not calibrated; None if none is informative."""
    names, directions = tuple(again.monotone), tuple(again.monotone.values())
    x = frames.matrix(again.known, names)
    try:
        card = learn(again.predictor.scale, x, again.bad, names, directions, [], again.spec)
    except DataError:
        return None
    return card.predictor(Platt(0.0, 1.0), again.predictor.hidden)[0]


@dataclass(frozen=True)
class Card:
    """A scorecard before its points are computed, with its training rows, see `pd_model.Learnt`.

    Attributes:
        scale: of its points.
        names, directions: of all candidate features.
        x, bad: development rows.
        worst: by feature, a value just beyond its worst one.
    """

    scale: Scale
    names: tuple[str, ...]
    directions: tuple[int, ...]
    x: np.ndarray
    bad: np.ndarray
    worst: np.ndarray
    scorecard: "Scorecard"
    out_of_fold: np.ndarray

    @property
    def features(self) -> tuple[str, ...]:
        """The features that the scorecard has chosen."""
        return tuple(self.names[j] for j in self.scorecard.features)

    def margin(self, x: np.ndarray) -> np.ndarray:
        """Log-odds of rows with all features, before calibration."""
        return self.scorecard.margin(missing_values.fill(x, self.worst))

    def predictor(self, fitted: Calibration, hidden: tuple[str, ...]) -> tuple[CardPredictor, np.ndarray]:
        """The predictor, calibrated, scaled and rounded, and its SHAP values of the training rows."""
        scale, line = self.scale, cast(Platt, fitted)
        own, columns = self._own(), list(self.scorecard.features)
        slopes = np.array(self.scorecard.coefficients)
        weights = self.scorecard.weights()
        treated = missing_values.learnt(own, self.worst[columns], lambda x: points.scored(weights, x) @ slopes)
        read = points.as_read(weights, treated)
        intercept = line.intercept + line.slope * self.scorecard.intercept
        characteristics = points.scaled(scale, intercept, line.slope * slopes, read)
        counted = points.scored(characteristics, treated.filled(own))
        average = counted.mean(axis=0)
        shap = (average - counted) / scale.factor
        predictor = CardPredictor(
            features=self.features,
            characteristics=characteristics,
            average=tuple(map(float, average)),
            scale=scale,
            profile=explain.profile(scale.margin(counted.sum(axis=1)), shap),
            missing=treated,
            hidden=hidden,
        )
        return predictor, shap

    def made(self, predictor: CardPredictor) -> dict[str, Any]:
        """The scale, as parameters, and the table of points, for the record."""
        weights = points.as_read(self.scorecard.weights(), predictor.missing)
        x = predictor.missing.filled(self._own())
        return {
            "monotone": {self.names[j]: self.directions[j] for j in self.scorecard.features},
            "params": asdict(predictor.scale),
            "scorecard": {
                name: {"iv": self.scorecard.iv[j], "attributes": points.table(each, weight, x[:, j], self.bad)}
                for j, (name, each, weight) in enumerate(
                    zip(self.features, predictor.characteristics, weights, strict=True)
                )
            },
        }

    def _own(self) -> np.ndarray:
        return self.x[:, list(self.scorecard.features)]


def learn(
    scale: Scale,
    x: np.ndarray,
    bad: np.ndarray,
    features: tuple[str, ...],
    directions: tuple[int, ...],
    folds: Folds,
    spec: ModelSpec,
) -> Card:
    """Bin and regress on all rows, and again in each fold for its held-out rows. Other arguments: `pd_model.Learn`.

    Args:
        scale: of the points.

    Raises:
        DataError: no feature separates goods from bads.
    """
    worst = missing_values.beyond_worst(x, directions)
    filled = missing_values.fill(x, worst)
    risks = [partial(_margin, _regressed(filled[known], bad[known], directions)) for known, _ in folds]
    scorecard = _regressed(filled, bad, directions)
    if scorecard is None:
        raise DataError(
            f"model {spec.name}: none of {len(features)} features tells goods from bads well enough for a scorecard; "
            "give it others, or another kind"
        )
    return Card(
        scale, features, directions, x, bad, worst, scorecard, missing_values.out_of_fold(x, worst, folds, risks)
    )


def _regressed(x: np.ndarray, bad: np.ndarray, directions: tuple[int, ...]) -> "Scorecard | None":
    from models import scorecard  # OR-tools and cvxpy take seconds to import, and scoring does without them

    return scorecard.fit(x, bad, directions)


def _margin(scorecard: "Scorecard | None", x: np.ndarray) -> np.ndarray:
    """Log-odds of each row; the same for all rows if no feature is informative."""
    return scorecard.margin(x) if scorecard else np.zeros(len(x))
