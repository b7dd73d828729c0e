"""The result of a fit: the predictor, and the record of its training and its performance."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, TypeVar, cast

import pandas as pd

from conf.schema.errors import ContractError
from conf.schema.model import Gate
from models.finding import Finding
from models.predictor import Predictor

AnyPredictor = TypeVar("AnyPredictor", bound=Predictor, covariant=True)


@dataclass(frozen=True)
class GateOutcome:
    """A gate of the spec, the figure that it judged, and whether the figure passed."""

    metric: str
    value: float
    min: float | None
    max: float | None
    passed: bool


@dataclass(frozen=True)
class Record:
    """All that the registry shows of a trained model; `as_dict` is ready for JSON.

    Attributes:
        model: name of the spec.
        kind: of the spec.
        label: column that was learnt.
        features: that the predictor reads, in its order.
        monotone: direction to which the model was constrained, by feature; 0 where free.
        params: parameters as given; of boosting with rounds, early stopping and seed, and XGBoost's own seed of the
            booster and of each fold's.
        best_iteration: last round kept, as XGBoost counts, from 0; none where nothing is boosted.
        base_score: intercept of the booster, as XGBoost writes it; empty where nothing is boosted.
        scorecard: scale and points of a scorecard, see `points.table`; empty of any other kind.
        split: first and last `as_of` and the rows of each slice.
        split_by: `time`, or `chance`, and then no figure is out of time.
        counts: rows given, used and left out; of a PD's label also by `label_status`.
        metrics: flat figures, named `<measure>_<slice>`; `in_time` ones come from held-out folds.
        gates: outcome of each gate of the spec.
        calibration: the method of a PD's calibration, and the log loss of each method on folds of time that follow what
            it was fitted on (admission).
        search: the trials of parameters, and the number of the one that was chosen; empty where none were tried.
        grades: the grade table out of time, one dict per grade (admission).
        importance: mean absolute SHAP by feature, largest first.
        stability: CSI by feature, in time against out of time.
        benchmark: the scorecard beside the model (admission), or the quantile and its constant (limit).
        fairness: by protected attribute, the groups' rates out of time, one dict per group; of amounts what was
            predicted and what came, see `models.fairness`.
        proxies: by protected attribute, the features that reveal a group, with their AUC; no reason names one.
        reference_population: sizes and means of its groups, with which interventional SHAP values compare, see
            `models.reference_population`; empty where nothing is boosted.
        missing: by feature, the share of development rows that know it, and of those the share that isn't 0.
        validation: the finding of each test of the validation, for a PD.
        validation_rules: version and fingerprint of the thresholds of the validation.
        joining: figures out of time of each set of sources, for all rows and for thin files, see `models.joining`.
        reject_inference: effect on the PD of outcomes inferred for the declined, see `models.reject_inference`.
        recourse: shares of applicants above the cut-off out of time whom each change would bring within it, and of
            those whom no change would, see `models.recourse_shares`.
        seasonality: by product, how often it is paid and the mean of the feature that tells how unevenly income comes
            over a year, see `models.seasonality`.
        withholding: by optional scope of consent, who would gain by withholding it, see `withholding.gains`.
    """

    model: str
    kind: str
    label: str
    features: tuple[str, ...]
    monotone: dict[str, int]
    params: dict[str, Any]
    split: dict[str, dict[str, Any]]
    counts: dict[str, int]
    metrics: dict[str, float]
    gates: tuple[GateOutcome, ...]
    importance: dict[str, float]
    stability: dict[str, float]
    benchmark: dict[str, Any]
    calibration: dict[str, Any] = field(default_factory=dict)
    search: dict[str, Any] = field(default_factory=dict)
    grades: tuple[dict[str, Any], ...] = ()
    fairness: dict[str, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    proxies: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: dict[str, dict[str, float]] = field(default_factory=dict)
    withholding: dict[str, dict[str, float]] = field(default_factory=dict)
    joining: dict[str, dict[str, Any]] = field(default_factory=dict)
    reject_inference: dict[str, Any] = field(default_factory=dict)
    recourse: dict[str, Any] = field(default_factory=dict)
    reference_population: dict[str, Any] = field(default_factory=dict)
    seasonality: tuple[dict[str, Any], ...] = ()
    split_by: str = "time"
    best_iteration: int | None = None
    base_score: str = ""
    scorecard: dict[str, Any] = field(default_factory=dict)
    validation: tuple[Finding, ...] = ()
    validation_rules: dict[str, str] = field(default_factory=dict)

    @property
    def red(self) -> tuple[str, ...]:
        """Tests of the validation with a red finding; each needs an answer before an approval."""
        return tuple(each.name for each in self.validation if each.verdict == "red")

    @property
    def passed(self) -> bool:
        """Whether every gate passed, so that the version may become challenger."""
        return all(gate.passed for gate in self.gates)

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers; None for a missing value."""
        return _plain(asdict(self)) | {"passed": self.passed}


@dataclass(frozen=True)
class FitResult(Generic[AnyPredictor]):
    """A fitted predictor, its record, and its predictions of the rows that it was fitted on.

    Attributes:
        scored: application_id, as_of, slice (in_time or oot), the label and the predictions, those in time from
            the fold that left the row out. For reports; it holds people's rows, so it isn't for the registry.
    """

    predictor: AnyPredictor
    record: Record
    scored: pd.DataFrame


def rows_of(table: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """A table in the form of the record: one dict per row, None for a missing value."""
    rows = table.to_dict("records")
    return tuple({str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows)


def judge(metrics: dict[str, float], gates: Iterable[Gate]) -> tuple[GateOutcome, ...]:
    """Judge figures by the gates. A missing figure passes no gate.

    Raises:
        ContractError: a gate names a figure that the model doesn't have.
    """
    return tuple(_judge(metrics, gate) for gate in gates)


def _judge(metrics: dict[str, float], gate: Gate) -> GateOutcome:
    if gate.metric not in metrics:
        raise ContractError(f"there is no metric {gate.metric!r} for a gate; the metrics are {', '.join(metrics)}")
    value = metrics[gate.metric]
    low, high = (-math.inf if gate.min is None else gate.min), (math.inf if gate.max is None else gate.max)
    return GateOutcome(gate.metric, value, gate.min, gate.max, passed=bool(low <= value <= high))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in cast("dict[object, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast("Sequence[Any]", value)]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
