"""Limit: repayment capacity, a cautious quantile of the net income that a household will have."""

import json
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
import xgboost as xgb
from scipy import stats
from scipy.special import expit

from conf.errors import FieldstoneError
from conf.model import ModelSpec
from conf.policy import Policy
from models import boosting, evaluation, explain, frames, metrics, splits
from models.record import FitResult, Record, judge
from models.splits import Slices

_LEAST_ROWS = 20
LOW, MEDIAN = 0.1, 0.5  # quantiles shown beside capacity


@dataclass(frozen=True)
class Quantile:
    """One conditional quantile of net annual income.

    Attributes:
        level: which quantile.
        booster: grown on the income less `centre`, in units of `spread`.
        centre, spread: of the training incomes, in CNY.
        shift: what held-out incomes say must be added, in CNY.
    """

    level: float
    booster: xgb.Booster
    centre: float
    spread: float
    shift: float

    def predict(self, rows: xgb.DMatrix) -> np.ndarray:
        """The quantile in CNY per year."""
        return self.centre + self.shift + self.spread * boosting.margin(self.booster, rows)

    def contributions(self, rows: xgb.DMatrix) -> np.ndarray:
        """Exact TreeSHAP in CNY; the last column is the base value."""
        values = self.spread * boosting.contributions(self.booster, rows)
        values[:, -1] += self.centre + self.shift
        return values


@dataclass(frozen=True)
class LimitPredictor:
    """Predicts repayment capacity and explains it, from one booster; two more show the range around it.

    Attributes:
        features: columns it reads, in the boosters' order.
        capacity: the quantile that is the capacity.
        low, median: shown beside it; never on the wrong side of it.
        outputs: columns of `predict`.
    """

    outputs: ClassVar[tuple[str, ...]] = ("capacity_cny_year",)
    features: tuple[str, ...]
    capacity: Quantile
    low: Quantile
    median: Quantile

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`predict_capacity` as a frame with the column `capacity_cny_year`."""
        return pd.DataFrame({"capacity_cny_year": self.predict_capacity(frame)}, index=frame.index)

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """The quantile itself in CNY per year, negative where a loss is likely."""
        return self.capacity.predict(self._data(frame))

    def predict_capacity(self, frame: pd.DataFrame) -> np.ndarray:
        """Repayment capacity in CNY per year, at least 0, one per row."""
        return np.maximum(self.margin(frame), 0)

    def predict_quantiles(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Columns low, capacity and median in CNY per year, which never cross.

        Each is a model of its own, so they could; where they do, the capacity stands, for it is what is explained.
        """
        rows = self._data(frame)
        capacity = self.capacity.predict(rows)
        low, median = np.minimum(self.low.predict(rows), capacity), np.maximum(self.median.predict(rows), capacity)
        return pd.DataFrame({"low": low, "capacity": capacity, "median": median}, index=frame.index)

    def shap_values(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Exact TreeSHAP in CNY; a row's sum plus `base_value` is its margin."""
        values = self.capacity.contributions(self._data(frame))[:, :-1]
        return pd.DataFrame(values, index=frame.index, columns=list(self.features))

    @property
    def base_value(self) -> float:
        """Expected margin of the training rows, in CNY."""
        nobody = boosting.data(np.full((1, len(self.features)), np.nan, np.float32), self.features)
        return float(self.capacity.contributions(nobody)[0, -1])

    def to_json(self) -> str:
        """One JSON document: XGBoost's native boosters, their scale and the order of the features."""
        document = {"kind": "limit", "features": self.features}
        return json.dumps(
            document
            | {
                name: vars(part) | {"booster": boosting.to_native(part.booster)}
                for name, part in [("capacity", self.capacity), ("low", self.low), ("median", self.median)]
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The predictor that `to_json` wrote."""
        document = json.loads(text)
        parts = {
            name: Quantile(**document[name] | {"booster": boosting.from_native(document[name]["booster"])})
            for name in ("capacity", "low", "median")
        }
        return cls(features=tuple(document["features"]), **parts)

    def _data(self, frame: pd.DataFrame) -> xgb.DMatrix:
        return boosting.data(frames.matrix(frame, self.features), self.features)


PREDICTOR = LimitPredictor


def fit(
    frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int], policy: Policy | None = None
) -> FitResult[LimitPredictor]:
    """Train the limit model on net annual income and judge it.

    As in `models.admission.fit`, folds of time within the development rows decide the number of trees and set the
    level: the quantile is shifted until held-out incomes fall below it as often as they should (conformalised
    quantile regression, Romano et al. 2019).

    Args:
        frame: application_id, as_of, the label (CNY per year, null left out) and the features.
        monotone: direction of each declared feature in PD; capacity is held to the opposite.
        policy: not needed; kinds of model share a signature.

    Raises:
        FieldstoneError: the frame can't be learnt from; the text says what it lacks.
    """
    features = tuple(frames.feature_names(frame, spec, monotone))
    directions = tuple(-monotone.get(name, 0) for name in features)
    rows = frames.labelled(frame, spec)
    income = rows[spec.label].astype(float).to_numpy()
    slices = splits.out_of_time(rows["as_of"], spec.split)
    _enough(slices, spec)
    x = frames.matrix(rows, features)
    known = x[slices.development], income[slices.development]
    levels = {"capacity": spec.quantile, "low": min(LOW, spec.quantile), "median": max(MEDIAN, spec.quantile)}
    fitted = {name: _quantile(*known, level, features, directions, spec) for name, level in levels.items()}
    predictor = LimitPredictor(features, **{name: quantile for name, (quantile, _) in fitted.items()})
    late = rows[slices.oot]
    predictions = pd.DataFrame({name: held_out for name, (_, held_out) in fitted.items()})
    predictions = pd.concat([_uncrossed(predictions), predictor.predict_quantiles(late)], ignore_index=True)
    scored = splits.scored(rows, slices, income_cny=income, **{name: predictions[name] for name in predictions})
    constant = {name: float(np.quantile(known[1], level)) for name, level in levels.items()}
    figures = _figures(scored, spec.quantile, constant["capacity"])
    booster = predictor.capacity.booster
    record = Record(
        model=spec.name,
        kind=spec.kind,
        label=spec.label,
        features=features,
        monotone=dict(zip(features, directions, strict=True)),
        params=boosting.described(spec) | {"quantile": spec.quantile},
        best_iteration=booster.num_boosted_rounds() - 1,
        base_score=boosting.base_score(booster),
        split=splits.described(rows["as_of"], slices),
        counts=frames.counts(frame, spec),
        metrics=figures,
        gates=judge(figures, spec.gates),
        importance=explain.importance(predictor.shap_values(rows[slices.development])),
        stability=evaluation.stability(x, slices, features),
        benchmark={"constant_cny": constant["capacity"]},
    )
    return FitResult(predictor, record, scored)


def _enough(slices: Slices, spec: ModelSpec) -> None:
    for name, mask in slices.named().items():
        if (n := int(mask.sum())) < _LEAST_ROWS:
            raise FieldstoneError(
                f"model {spec.name}: only {n} labelled rows {name.replace('_', ' ')}, at least {_LEAST_ROWS} are "
                "needed; give more rows or another oot_share in split"
            )


def _quantile(
    x: np.ndarray, income: np.ndarray, level: float, features, directions, spec: ModelSpec
) -> tuple[Quantile, np.ndarray]:
    """A fitted quantile, and what it says of the rows when held out."""
    centre = float(np.quantile(income, level))
    spread = float(np.subtract(*np.quantile(income, [0.75, 0.25]))) or 1.0
    boosted = boosting.train(
        x,
        (income - centre) / spread,
        features,
        directions,
        splits.blocks(len(x), spec.split.folds),
        spec,
        loss=lambda actual, predicted: metrics.pinball(actual, predicted, level),
        given={"base_score": 0.0},
        objective=smooth_pinball(level),
    )
    held_out = centre + spread * boosted.held_out
    shift = float(np.quantile(income - held_out, level))
    return Quantile(level, boosted.booster, centre, spread, shift), held_out + shift


def smooth_pinball(level: float, width: float = 0.1, least_curvature: float = 0.1) -> boosting.Objective:
    """Objective of a quantile for XGBoost that keeps monotone constraints: the smoothed pinball loss (Zheng 2011).

    XGBoost's own `reg:quantileerror` sets its leaves anew after growing a tree, regardless of the constraints:
    measured on 3.2, a rise of a feature held to +1 then lowered one prediction in forty. An objective with a
    gradient and a curvature has ordinary leaves, which keep them.

    Args:
        level: which quantile.
        width: of the smoothing, in units of the label.
        least_curvature: keeps steps finite where the loss is straight.
    """

    def objective(predicted: np.ndarray, rows: xgb.DMatrix) -> tuple[np.ndarray, np.ndarray]:
        above = expit((predicted - rows.get_label()) / width)
        return above - level, np.maximum(above * (1 - above) / width, least_curvature)

    return objective


def _uncrossed(quantiles: pd.DataFrame) -> pd.DataFrame:
    capacity = quantiles["capacity"]
    return quantiles.assign(
        low=np.minimum(quantiles["low"], capacity), median=np.maximum(quantiles["median"], capacity)
    )


def _figures(scored: pd.DataFrame, level: float, constant: float) -> dict[str, float]:
    named = {
        f"{measure}_{name}": value
        for name, part in scored.groupby("slice")
        for measure, value in _slice(part, level, constant).items()
    }
    by_slice = dict(tuple(scored.groupby("slice")["capacity"]))
    return named | {"capacity_psi": metrics.csi(by_slice["in_time"], by_slice["oot"])}


def _slice(part: pd.DataFrame, level: float, constant: float) -> dict[str, float]:
    loss = metrics.pinball(part["income_cny"], part["capacity"], level)
    return {
        "rows": len(part),
        "mean_income_cny": float(part["income_cny"].mean()),
        "mean_capacity_cny": float(part["capacity"].mean()),
        "coverage": float((part["income_cny"] >= part["capacity"]).mean()),
        "coverage_low": float((part["income_cny"] >= part["low"]).mean()),
        "coverage_median": float((part["income_cny"] >= part["median"]).mean()),
        "pinball": loss,
        "pinball_gain": 1 - loss / metrics.pinball(part["income_cny"], np.full(len(part), constant), level),
        "rank_correlation": float(stats.spearmanr(part["income_cny"], part["capacity"]).statistic),
    }
