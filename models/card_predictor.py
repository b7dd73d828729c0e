"""The predictor that scores by the points of a scorecard, see `models.card`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import pandas as pd

from models import frames, points
from models.calibrated_pd import CalibratedPd
from models.calibration import Calibration, Platt
from models.explain import Profile
from models.missing_values import Missing
from models.points import Characteristic, Scale

_BY_ITSELF = Platt(0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class CardPredictor(CalibratedPd):
    """Scores applicants by adding points, and explains the scores by the same points.

    Attributes:
        characteristics: of each feature.
        average: mean points of each feature over the development rows.
        scale: what a score means.
        calibration: none, because the score determines the PD.
    """

    calibration: Calibration = _BY_ITSELF
    features: tuple[str, ...]
    characteristics: tuple[Characteristic, ...]
    average: tuple[float, ...]
    scale: Scale
    missing: Missing
    hidden: tuple[str, ...] = ()

    def points(self, frame: pd.DataFrame) -> np.ndarray:
        """Points of each row and feature, of shape (rows, features)."""
        return points.scored(self.characteristics, self.missing.filled(frames.matrix(frame, self.features)))

    def total_points(self, frame: pd.DataFrame) -> np.ndarray:
        """Whole points of each row; more is safer."""
        return self.points(frame).sum(axis=1)

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Log-odds of default by the score, one per row."""
        return self.scale.margin(self.total_points(frame))

    def shap_values(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Points lost against the average applicant, as log-odds: exact SHAP values of independent features."""
        lost = (np.array(self.average) - self.points(frame)) / self.scale.factor
        return pd.DataFrame(lost, index=frame.index, columns=pd.Index(self.features))

    @property
    def base_value(self) -> float:
        """Log-odds at the average points of development rows: what SHAP values start from."""
        return float(self.scale.margin(np.array(sum(self.average))))

    @property
    def thresholds(self) -> Mapping[str, np.ndarray]:
        """By feature, the values at which its attributes are split, rising."""
        return {name: np.array(each.splits) for name, each in zip(self.features, self.characteristics, strict=True)}

    def to_json(self) -> str:
        """One JSON document: scale, splits and points of each feature, what is missing, and the profile."""
        return json.dumps(
            {
                "kind": "scorecard",
                "features": self.features,
                "hidden": self.hidden,
                "scale": asdict(self.scale),
                "characteristics": [asdict(each) for each in self.characteristics],
                "average": self.average,
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
            scale=Scale(**document["scale"]),
            characteristics=tuple(map(Characteristic.read, document["characteristics"])),
            average=tuple(document["average"]),
            profile=Profile.of(document),
            missing=Missing.of(document),
        )
