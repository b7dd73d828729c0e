"""The common part of PD predictors, independent of how they compute log-odds."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from models.calibration import Calibration
from models.explain import Profile


@dataclass(frozen=True, kw_only=True)
class CalibratedPd(ABC):
    """A PD from log-odds, explained against applicants at a cut-off; see `predictor.PdPredictor`.

    Attributes:
        calibration: from margin to PD.
        profile: average contributions by margin, with which reasons are compared.
        outputs: columns of `predict`.
    """

    outputs: ClassVar[tuple[str, ...]] = ("pd",)
    calibration: Calibration
    profile: Profile

    @abstractmethod
    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """Log-odds before calibration, one per row."""

    def predict_pd(self, frame: pd.DataFrame) -> np.ndarray:
        """Calibrated probability of default within the label's horizon, one per row."""
        return self.calibration.pd(self.margin(frame))

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`predict_pd` as a frame with the column `pd`."""
        return pd.DataFrame({"pd": self.predict_pd(frame)}, index=frame.index)

    def reference(self, cut_off_pd: float) -> np.ndarray:
        """Average contribution of each feature for applicants at a cut-off, see `models.explain`."""
        return self.profile.at(self.calibration.margin(cut_off_pd))
