"""What scores by the points of a scorecard, see `models.card`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from models import frames, points
from models.calibration import Platt
from models.explain import Profile
from models.missing import Missing
from models.points import Characteristic, Scale


@dataclass(frozen=True, kw_only=True)
class CardPredictor:
    """Scores applicants by adding points, and explains the scores by the same points; see `predictor.PdPredictor`.

    Attributes:
        characteristics: of each feature.
        average: points of each feature, the mean of development rows.
        scale: what a score means.
        profile: average contributions by margin, what reasons are held against.
        outputs: columns of `predict`.
        calibration: a score tells the PD by itself.
    """

    outputs: ClassVar[tuple[str, ...]] = ("pd",)
    calibration: ClassVar[Platt] = Platt(0.0, 1.0)
    features: tuple[str, ...]
    characteristics: tuple[Characteristic, ...]
    average: tuple[float, ...]
    scale: Scale
    profile: Profile
    missing: Missing
    hidden: tuple[str, ...] = ()

    def points(self, frame: pd.DataFrame) -> np.ndarray:
        """Points of each row and feature, of shape (rows, features)."""
        return points.scored(self.characteristics, self.missing.filled(frames.matrix(frame, self.features)))

    def score(self, frame: pd.DataFrame) -> np.ndarray:
        """Whole points of each row; more is safer."""
        return self.points(frame).sum(axis=1)

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Log-odds of default as the score tells them, one per row."""
        return self.scale.margin(self.score(frame))

    def predict_pd(self, frame: pd.DataFrame) -> np.ndarray:
        """Probability of default within 12 months as the score tells it, one per row."""
        return expit(self.margin(frame))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`predict_pd` as a frame with the column `pd`."""
        return pd.DataFrame({"pd": self.predict_pd(frame)}, index=frame.index)

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
        """By feature, the values at which its attributes part, rising."""
        return {name: np.array(each.splits) for name, each in zip(self.features, self.characteristics, strict=True)}

    def reference(self, cut_off_pd: float) -> np.ndarray:
        """Average contribution of each feature for applicants at a cut-off, see `models.explain`."""
        return self.profile.at(self.calibration.margin(cut_off_pd))

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
                "profile": {name: values.tolist() for name, values in vars(self.profile).items()},
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
            characteristics=tuple(
                Characteristic(tuple(each["splits"]), tuple(each["counts"]), each["missing"])
                for each in document["characteristics"]
            ),
            average=tuple(document["average"]),
            profile=Profile(**{name: np.array(values) for name, values in document["profile"].items()}),
            missing=Missing.of(document),
        )
