"""Common parts of all kinds that predict a number of any label: rows, trees, figures and the record."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import xgboost as xgb
from scipy import stats

from conf.schema.errors import ContractError, DataError
from conf.schema.model import ModelSpec
from models import boosting, evaluation, frames, metrics, missing_values, scaled, splits
from models.functionals import Functional
from models.missing_values import Missing
from models.record import FitResult, Record, judge
from models.scaled import Scaled
from models.splits import Slices
from models.trees import TreePredictor

_LEAST_ROWS = 20
# of a part of the rows: actual, predicted, and the constant that one would predict without any feature
Figures = Callable[[np.ndarray, np.ndarray, float], dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class RegressionPredictor(TreePredictor):
    """Predicts a number of the label in the label's unit, and explains it.

    Attributes:
        kind: the kind that reads what `to_json` wrote.
        scaled: the booster with its scale.
    """

    outputs: ClassVar[tuple[str, ...]]
    kind: ClassVar[str]
    scaled: Scaled

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The margin as a frame with the one column of `outputs`."""
        return pd.DataFrame({self.outputs[0]: self.margin(frame)}, index=frame.index)

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """The prediction itself, one per row."""
        return self.scaled.predict(self.matrix(frame))

    @property
    def explained(self) -> xgb.Booster:
        """The booster that predicts."""
        return self.scaled.booster

    @property
    def scale(self) -> float:
        """The spread of the label, which its booster has as unit."""
        return self.scaled.spread

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """Exact TreeSHAP in the label's unit; the last column is the base value."""
        return self.scaled.contributions(x)

    def to_json(self) -> str:
        """One JSON document: XGBoost's native booster, its scale and the order of the features."""
        own = vars(self.scaled) | {"booster": boosting.to_native(self.scaled.booster)}
        read = {"features": self.features, "hidden": self.hidden, "missing": self.missing.as_dict()}
        return json.dumps({"kind": self.kind, **read, "scaled": own})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The predictor that `to_json` wrote."""
        document = json.loads(text)
        own = document["scaled"] | {"booster": boosting.from_native(document["scaled"]["booster"])}
        features, hidden = tuple(document["features"]), tuple(document["hidden"])
        return cls(features=features, missing=Missing.of(document), hidden=hidden, scaled=Scaled(**own))


@dataclass(frozen=True)
class Prepared:
    """Labelled rows in order of time, as a regression learns from them.

    Attributes:
        directions: of the prediction, by feature.
        actual: labels of the rows.
        x: features of the development rows, of shape (rows, features).
        worst: `missing_values.beyond_worst` of them.
    """

    features: tuple[str, ...]
    directions: tuple[int, ...]
    rows: pd.DataFrame
    actual: np.ndarray
    slices: Slices
    x: np.ndarray
    worst: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Labels of the development rows."""
        return self.actual[self.slices.development]


def prepared(frame: pd.DataFrame, spec: ModelSpec, directions: dict[str, int], side: int) -> Prepared:
    """The rows, features and labels to train on.

    Args:
        frame: as of `kind.ModelKind.fit`.
        directions: of the prediction, by name of each available feature.
        side: see `Functional`.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    features = tuple(frames.feature_names(frame, spec, directions))
    rows = frames.labelled(frame, spec)
    actual = rows[spec.label].astype(float).to_numpy()
    if absurd := int((np.abs(actual) > frames.MOST).sum()):
        raise DataError(
            f"model {spec.name}: label {spec.label} is infinite or beyond ±{frames.MOST:.0e} in {absurd} of "
            f"{len(actual)} rows, which no quantity can be; mend how it is computed, or the records behind it"
        )
    slices = splits.slices(rows, spec.split)
    _enough(actual, slices, spec)
    own = tuple(directions.get(name, 0) for name in features)
    x = frames.matrix(rows, features)[slices.development]
    worst = missing_values.beyond_worst(x, tuple(side * direction for direction in own))
    return Prepared(features, own, rows, actual, slices, x, worst)


def fit(
    predictor: type[RegressionPredictor],
    functional: Functional,
    figures: Figures,
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    protected: pd.DataFrame | None,
) -> FitResult[Any]:
    """Train on any number and judge it; as in `pd_model.fit`, held-out rows of the folds are what "in time" means.

    Args:
        figures: of a part of the rows, beside those that every regression has.
        frame, monotone, protected: as of `kind.ModelKind.fit`; directions in PD don't apply to another number, so
            the spec's directions count.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    of = prepared(frame, spec, _directions(spec, monotone), functional.side)
    folds = splits.folds(of.rows, of.slices, spec.split)
    fitted, out_of_fold = scaled.fit(functional, of.x, of.worst, of.known, of.features, of.directions, folds, spec)
    proxies = evaluation.proxies(of.rows, of.features, protected)
    treated = missing_values.learnt(of.x, of.worst, lambda x: functional.side * fitted.predict(x))
    made = predictor(features=of.features, missing=treated, hidden=evaluation.hidden(proxies), scaled=fitted)
    predicted = np.empty(len(of.rows))
    predicted[of.slices.development] = out_of_fold
    predicted[of.slices.oot] = made.margin(of.rows.loc[of.slices.oot])
    scored = splits.scored(of.rows, of.slices, actual=of.actual, predicted=predicted)
    constant = functional.of(of.known)
    reached = _figures(of.actual, predicted, of.slices, constant, figures)
    shap = made.shap_values(of.rows.loc[of.slices.development]).to_numpy()
    record = Record(
        **evaluation.described(frame, of.rows, of.slices, spec, made, shap),
        **boosting.made(spec, fitted.booster, of.features, of.directions, len(folds)),
        metrics=reached,
        gates=judge(reached, spec.gates),
        benchmark={"constant": constant},
        fairness=evaluation.amounts_by_group(scored, "actual", "predicted", protected),
        proxies=proxies,
    )
    return FitResult(made, record, scored)


def fold_losses(
    functional: Functional, frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]
) -> Iterator[float]:
    """Loss of each fold of time by a booster trained on the rows before it; rows out of time aren't used.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    return forward_losses(functional, prepared(frame, spec, _directions(spec, monotone), functional.side), spec)


def forward_losses(functional: Functional, of: Prepared, spec: ModelSpec) -> Iterator[float]:
    """The same for prepared rows."""
    folds = splits.forward_folds(of.rows, of.slices, spec.split)
    return scaled.fold_losses(functional, missing_values.fill(of.x, of.worst), of.known, of.directions, folds, spec)


def _directions(spec: ModelSpec, declared: dict[str, int]) -> dict[str, int]:
    if unknown := sorted({*spec.monotone} - {*declared}):
        raise ContractError(
            f"model {spec.name}: monotone names {', '.join(unknown)}, which aren't features of the model; its "
            "features are "
            f"{', '.join(sorted(declared))}"
        )
    return {name: spec.monotone.get(name, 0) for name in declared}


def _enough(actual: np.ndarray, slices: Slices, spec: ModelSpec) -> None:
    for name, mask in slices.named().items():
        where, n = name.replace("_", " "), int(mask.sum())
        if n < _LEAST_ROWS:
            raise DataError(
                f"model {spec.name}: only {n} labelled rows {where}, at least {_LEAST_ROWS} are needed; "
                "give more rows or another oot_share in split"
            )
        if not np.ptp(actual[mask]):
            raise DataError(
                f"model {spec.name}: {spec.label} is the same in all {n} rows {where}, so there is nothing to learn or "
                "to judge by; look at how it is computed, or train on another period"
            )


def _figures(
    actual: np.ndarray, predicted: np.ndarray, slices: Slices, constant: float, figures: Figures
) -> dict[str, float]:
    named = {
        f"{measure}_{name}": value
        for name, mask in slices.named().items()
        for measure, value in (
            _common(actual[mask], predicted[mask]) | figures(actual[mask], predicted[mask], constant)
        ).items()
    }
    return named | {"prediction_psi": metrics.csi(predicted[slices.development], predicted[slices.oot])}


def _common(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return {
        "rows": len(actual),
        "mean_actual": float(actual.mean()),
        "mean_predicted": float(predicted.mean()),
        "rank_correlation": rank_correlation(actual, predicted),
    }


def rank_correlation(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Spearman's rank correlation."""
    correlation: Any = stats.spearmanr(actual, predicted)
    return float(correlation.statistic)
