"""Limit: repayment capacity, a cautious quantile of the net income that a household will have."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import xgboost as xgb

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy, Withholding
from models import (
    boosting,
    evaluation,
    frames,
    functionals,
    metrics,
    missing_values,
    regression,
    scaled,
    splits,
    withholding,
)
from models.missing_values import Missing
from models.record import FitResult, Record, judge
from models.scaled import Scaled
from models.trees import TreePredictor

LOW, MEDIAN = 0.1, 0.5  # quantiles shown beside capacity


@dataclass(frozen=True, kw_only=True)
class Quantile(Scaled):
    """A predicted quantile of net annual income, in the currency."""

    level: float


@dataclass(frozen=True, kw_only=True)
class LimitPredictor(TreePredictor):
    """Predicts repayment capacity and explains it, from one booster; two more show the range around it.

    Attributes:
        capacity: the quantile that is the capacity.
        low, median: shown beside it; never on the wrong side of it.
        outputs: columns of `predict`.
    """

    outputs: ClassVar[tuple[str, ...]] = ("capacity_year",)
    capacity: Quantile
    low: Quantile
    median: Quantile

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`predict_capacity` as a frame with the column `capacity_year`."""
        return pd.DataFrame({"capacity_year": self.predict_capacity(frame)}, index=frame.index)

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        """The quantile itself in the currency per year, negative where a loss is likely."""
        return self.capacity.predict(self.matrix(frame))

    def predict_capacity(self, frame: pd.DataFrame) -> np.ndarray:
        """Repayment capacity in the currency per year, at least 0, one per row."""
        return np.maximum(self.margin(frame), 0)

    def shortfall(self, frame: pd.DataFrame) -> np.ndarray:
        """How little each row can repay, as a logarithm: more by 0.1 is a capacity less by about a tenth."""
        return -np.log(np.maximum(self.margin(frame), 1.0))

    def predict_quantiles(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Columns capacity, low and median in the currency per year, which never cross.

        Each is a separate model, so they could cross; then the capacity stays, because it is the one that is explained.
        """
        x = self.matrix(frame)
        parts = {"capacity": self.capacity, "low": self.low, "median": self.median}
        predicted = {name: quantile.predict(x) for name, quantile in parts.items()}
        return _uncrossed(pd.DataFrame(predicted, index=frame.index))

    @property
    def explained(self) -> xgb.Booster:
        """The booster of the quantile that is the capacity."""
        return self.capacity.booster

    @property
    def scale(self) -> float:
        """The spread of the label, which its booster has as unit."""
        return self.capacity.spread

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """Exact TreeSHAP in the currency; the last column is the base value."""
        return self.capacity.contributions(x)

    def to_json(self) -> str:
        """One JSON document: XGBoost's native boosters, their scale and the order of the features."""
        document: dict[str, Any] = {"kind": "limit", "features": self.features, "hidden": self.hidden}
        document["missing"] = self.missing.as_dict()
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
        features, hidden = tuple(document["features"]), tuple(document["hidden"])
        return cls(features=features, missing=Missing.of(document), hidden=hidden, **parts)


PREDICTOR = LimitPredictor


def fit(
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    policy: Policy | None = None,
    protected: pd.DataFrame | None = None,
    optional: Mapping[str, tuple[str, ...]] | None = None,
) -> FitResult[LimitPredictor]:
    """Train the limit model on net annual income and judge it.

    As in `models.admission.fit`, folds of time within the development rows make the figures called "in time", and
    nothing is fitted on the out-of-time slice.

    Args:
        frame: application_id, as_of, the label (a year's amount, null left out) and the features.
        monotone: direction of each declared feature in PD; capacity is held to the opposite.
        policy: says what may be gained by withholding optional data.
        protected: protected attributes indexed by application_id, to compare the groups and find their
            proxies; they are never learnt from.
        optional: by scope of consent that decisions can do without, its features.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    of = _prepared(frame, spec, monotone)
    features, rows, income, slices = of.features, of.rows, of.actual, of.slices
    levels = {"capacity": spec.quantile, "low": min(LOW, spec.quantile), "median": max(MEDIAN, spec.quantile)}
    folds = splits.folds(rows, slices, spec.split)
    learning = of.x, of.worst, of.known, features, of.directions, folds, spec
    # a low capacity is cautious, and so is a low one of those beside it
    fitted = {
        name: scaled.fit(replace(functionals.quantile(level), side=-1), *learning) for name, level in levels.items()
    }
    proxies = evaluation.proxies(rows, features, protected)
    parts = {name: Quantile(**vars(part), level=levels[name]) for name, (part, _) in fitted.items()}
    capacity = parts["capacity"]
    treated = missing_values.learnt(of.x, of.worst, lambda x: -capacity.predict(x))
    predictor = LimitPredictor(features=features, **parts, missing=treated, hidden=evaluation.hidden(proxies))
    out_of_fold = _uncrossed(pd.DataFrame({name: values for name, (_, values) in fitted.items()}))
    late = predictor.predict_quantiles(rows.loc[slices.oot])
    predicted = pd.concat([out_of_fold.set_axis(rows.index[slices.development]), late]).sort_index()
    scored = splits.scored(rows, slices, income=income, **{str(name): column for name, column in predicted.items()})
    constant = float(np.quantile(of.known, spec.quantile))
    allowed = policy.withholding if policy else Withholding()
    tolerance = float(np.log1p(allowed.max_gain_capacity))
    gains = withholding.gains(rows, predictor, optional or {}, predictor.shortfall, tolerance)
    figures = _figures(scored, spec.quantile, constant) | withholding.figures(gains)
    shap = predictor.shap_values(rows.loc[slices.development]).to_numpy()
    record = Record(
        **evaluation.described(frame, rows, slices, spec, predictor, shap),
        **boosting.made(spec, predictor.capacity.booster, features, of.directions, len(folds)),
        metrics=figures,
        gates=judge(figures, spec.gates),
        benchmark={"quantile": spec.quantile, "constant": constant},
        fairness=evaluation.amounts_by_group(scored, "income", "capacity", protected),
        proxies=proxies,
        withholding=gains,
    )
    return FitResult(predictor, record, scored)


def fold_losses(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> Iterator[float]:
    """Pinball loss of each fold of time by a booster trained on the rows before it; rows out of time aren't used.

    Raises:
        ContractError, DataError: the frame can't be learnt from; the text says what it lacks.
    """
    return regression.forward_losses(functionals.quantile(spec.quantile), _prepared(frame, spec, monotone), spec)


def _prepared(frame: pd.DataFrame, spec: ModelSpec, monotone: dict[str, int]) -> regression.Prepared:
    """Rows to learn from; what raises a PD lowers a capacity, and a low one is cautious whatever its quantile."""
    frames.require_declared_directions(spec)
    return regression.prepared(frame, spec, {name: -direction for name, direction in monotone.items()}, side=-1)


def _figures(scored: pd.DataFrame, level: float, constant: float) -> dict[str, float]:
    named = {
        f"{measure}_{name}": value
        for name, part in scored.groupby("slice")
        for measure, value in _slice(part, level, constant).items()
    }
    by_slice = dict(tuple(scored.groupby("slice")["capacity"]))
    return named | {"capacity_psi": metrics.csi(by_slice["in_time"], by_slice["oot"])}


def _slice(part: pd.DataFrame, level: float, constant: float) -> dict[str, float]:
    loss = metrics.pinball(part["income"], part["capacity"], level)
    return {
        "rows": len(part),
        "mean_income": float(part["income"].mean()),
        "mean_capacity": float(part["capacity"].mean()),
        "coverage": float((part["income"] >= part["capacity"]).mean()),
        "coverage_low": float((part["income"] >= part["low"]).mean()),
        "coverage_median": float((part["income"] >= part["median"]).mean()),
        "pinball": loss,
        "pinball_gain": 1 - loss / metrics.pinball(part["income"], np.full(len(part), constant), level),
        "rank_correlation": regression.rank_correlation(part["income"].to_numpy(), part["capacity"].to_numpy()),
    }


def _uncrossed(predicted: pd.DataFrame) -> pd.DataFrame:
    """The same with `low` at most and `median` at least the `capacity`."""
    capacity = predicted["capacity"]
    return predicted.assign(
        low=np.minimum(predicted["low"], capacity), median=np.maximum(predicted["median"], capacity)
    )
