"""The predictor that scores by the curves of an explainable boosting machine, see `models.ebm`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from models import calibration, frames, points
from models.calibrated_pd import CalibratedPd
from models.explain import Profile
from models.missing_values import Missing
from models.points import Characteristic


@dataclass(frozen=True)
class Curves:
    """Log-odds as a sum of one curve for each feature, each of which is level between its splits.

    Attributes:
        intercept: log-odds that the curves add to.
        steps: of each feature, the splits of its curve and the log-odds between them.
    """

    intercept: float
    steps: tuple[Characteristic, ...]

    def parts(self, x: np.ndarray) -> np.ndarray:
        """Log-odds that each feature adds, of shape (rows, features)."""
        return points.scored(self.steps, x)

    def margin(self, x: np.ndarray) -> np.ndarray:
        """Log-odds of each row of a matrix of shape (rows, features)."""
        return self.intercept + self.parts(x).sum(axis=1)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The curves in a predictor's JSON document."""
        return cls(document["intercept"], tuple(map(Characteristic.read, document["steps"])))


@dataclass(frozen=True, kw_only=True)
class EbmPredictor(CalibratedPd):
    """Scores applicants by adding what each curve says of them, and explains the scores by the same curves.

    Attributes:
        curves: of the features.
        average: mean log-odds that each feature adds over the development rows.
    """

    features: tuple[str, ...]
    curves: Curves
    average: tuple[float, ...]
    missing: Missing
    hidden: tuple[str, ...] = ()

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        """The features as the curves read them, of shape (rows, features)."""
        return self.missing.filled(frames.matrix(frame, self.features))

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Log-odds before calibration, one per row."""
        return self.curves.margin(self.matrix(frame))

    def shap_values(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Log-odds of each curve above its average: exact SHAP values, because the curves do nothing but add up."""
        parts = self.curves.parts(self.matrix(frame)) - np.array(self.average)
        return pd.DataFrame(parts, index=frame.index, columns=pd.Index(self.features))

    @property
    def base_value(self) -> float:
        """Mean log-odds of the development rows: what SHAP values start from."""
        return self.curves.intercept + sum(self.average)

    def curve(self, feature: str) -> Characteristic:
        """A feature's curve above its average: the SHAP value, in log-odds, of each of its values."""
        place = self.features.index(feature)
        steps, average = self.curves.steps[place], self.average[place]
        return Characteristic(steps.splits, tuple(np.array(steps.counts) - average), steps.missing - average)

    @property
    def thresholds(self) -> Mapping[str, np.ndarray]:
        """By feature, the values at which its curve steps, rising."""
        return {name: np.array(each.splits) for name, each in zip(self.features, self.curves.steps, strict=True)}

    def to_json(self) -> str:
        """One JSON document: the curves, the calibration, what is missing, and the profile."""
        return json.dumps(
            {
                "kind": "ebm",
                "features": self.features,
                "hidden": self.hidden,
                "curves": asdict(self.curves),
                "average": self.average,
                "calibration": calibration.as_dict(self.calibration),
                "profile": self.profile.as_dict(),
                "missing": self.missing.as_dict(),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The predictor that `to_json` wrote."""
        document = json.loads(text)
        return cls(
            features=tuple(document["features"]),
            hidden=tuple(document["hidden"]),
            curves=Curves.of(document["curves"]),
            average=tuple(document["average"]),
            calibration=calibration.of(document["calibration"]),
            profile=Profile.of(document),
            missing=Missing.of(document),
        )
