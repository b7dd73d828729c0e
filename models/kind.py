"""The interface of a kind of model, a module of `models.KINDS` or a workspace's file: training and reading back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models.predictor import PdPredictor, Predictor
from models.record import FitResult


class ModelKind(Protocol):
    """A kind of model.

    Attributes:
        PREDICTOR: the class of what it gives; `from_json` reads what `to_json` wrote.
    """

    PREDICTOR: type[Predictor]

    def fit(
        self,
        frame: pd.DataFrame,
        spec: ModelSpec,
        monotone: dict[str, int],
        policy: Policy | None = None,
        protected: pd.DataFrame | None = None,
        optional: Mapping[str, tuple[str, ...]] | None = None,
    ) -> FitResult[Any]:
        """Train and judge: the predictor, its record, and what it says of the rows that it was made from.

        Args:
            frame: application_id, as_of (in the zone whose days a split by time keeps whole), the label (null left
                out), label_status and the features.
            monotone: direction of each declared feature in PD; 0 where free.
            protected: protected attributes indexed by application_id; they are never learnt from.
            optional: by scope of consent that decisions can do without, its features.

        Raises:
            ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
        """
        ...

    def fold_losses(self, frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> Iterator[float]:
        """Loss of each fold of time by what was learnt before it, which a search of parameters is judged by.

        Raises:
            ContractError, DataError: the frame can't be learnt from, or there is nothing to search.
        """
        ...


@dataclass(frozen=True)
class Relearning:
    """A repeated training on a model's own rows, to score the rows out of time.

    Attributes:
        predictor: the present model.
        rows: labelled, in order of time, with the features.
        development: mask of the training rows, of shape (rows,); the others are scored.
        monotone: direction in PD by feature.
    """

    predictor: Any
    rows: pd.DataFrame
    spec: ModelSpec
    development: NDArray[np.bool_]
    monotone: dict[str, int]

    @property
    def known(self) -> pd.DataFrame:
        """The training rows."""
        return self.rows.loc[self.development]

    @property
    def late(self) -> pd.DataFrame:
        """The rows out of time."""
        return self.rows.loc[~self.development]

    @property
    def bad(self) -> np.ndarray:
        """Outcomes of `known`, 1 bad and 0 good."""
        return self.known[self.spec.label].to_numpy(int)

    def among(self, mask: NDArray[np.bool_]) -> "Relearning":
        """The same with only some of the rows."""
        return replace(self, rows=self.rows.loc[mask], development=self.development[mask])


class PdKind(ModelKind, Protocol):
    """A kind of model that predicts a PD, so that it is validated and its sources are compared."""

    def reseeded(self, again: Relearning) -> np.ndarray:
        """PD of the rows out of time by a model of another seed, learnt from the same rows."""
        ...

    def rescored(self, again: Relearning) -> np.ndarray:
        """Log-odds of default of the rows out of time by a model that learnt from the features of `monotone` alone."""
        ...

    def relearnt(self, again: Relearning) -> PdPredictor | None:
        """A predictor of the same features and parameters, trained on `again.known`; None if these rows don't suffice.

        Its margin and SHAP values are its own; its calibration and profile may be those of the present model.
        """
        ...
