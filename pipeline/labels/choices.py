"""The effect of a label's choice on its bad rate, and on how well models in force separate its goods and bads."""

from collections.abc import Iterator, Mapping
from itertools import product

import pandas as pd
from pyspark.sql import DataFrame

from conf.schema.label import Label
from conf.schema.model import ModelSpec
from features.engine.performance import became
from models import frames, metrics, splits
from pipeline.context import Context
from pipeline.features.build import TRAINING
from pipeline.registry import tracking, training_data
from pipeline.releases import champions
from pipeline.results.modelers import Choice

_HORIZONS, _BAD_DAYS = (6, 12, 18), (30, 60, 90)
_OUTPUT = "pd"


def of_label(context: Context, name: str, loans: DataFrame, instalments: DataFrame) -> Iterator[Choice]:
    """The label as declared, then with other horizons and days past due.

    The indeterminate range begins as declared, but not above the days from which a loan is bad.

    Args:
        loans, instalments: all versions.
    """
    declared, scores = context.workspace.labels[name], _scores(context, name)
    others = (_otherwise(declared, *each) for each in product(_HORIZONS, _BAD_DAYS))
    for label in (declared, *(other for other in others if other != declared)):
        rows = became(loans, instalments, context.as_of, context.zone, label).toPandas()
        yield _choice(label, rows.set_index("application_id")["label_status"], scores)


def _otherwise(label: Label, horizon_months: int, bad_days: int) -> Label:
    """A label with another horizon and another number of days."""
    least = min(label.indeterminate_days, bad_days)
    changes = {"horizon_months": horizon_months, "bad_days": bad_days, "indeterminate_days": least}
    return label.model_copy(update=changes)


def _choice(label: Label, status: pd.Series, scores: Mapping[str, pd.Series]) -> Choice:
    counts = {name: int((status == name).sum()) for name in ("good", "bad", "indeterminate", "immature")}
    known = counts["good"] + counts["bad"]
    return Choice(
        label.horizon_months,
        label.bad_days,
        **counts,
        bad_rate=_share(counts["bad"], known),
        bad_rate_of_all=_share(counts["bad"], known + counts["indeterminate"]),
        auc={model: _auc(status, scored) for model, scored in scores.items()},
    )


def _share(part: int, of: int) -> float | None:
    return part / of if of else None


def _auc(status: pd.Series, scored: pd.Series) -> float | None:
    """AUC of scores by application; None where not both goods and bads were scored."""
    known = status[status.isin(["good", "bad"])]
    both = pd.concat([known.rename("status"), scored.rename("score")], axis=1, join="inner")
    is_bad = both["status"] == "bad"
    return metrics.auc(is_bad, both["score"]) if is_bad.nunique() == 2 else None


def _scores(context: Context, label: str) -> dict[str, pd.Series]:
    """PD by application, out of time, of each model that learns the label and has a version in force."""
    specs = [spec for spec in context.workspace.models.values() if spec.label == label and not spec.is_by_chance]
    if not specs or not context.lake.exists(context.gold(TRAINING)):
        return {}
    client = tracking.connect(context.workspace.settings)
    waiting = {*champions.waiting(context, client)}
    return {spec.name: _out_of_time(context, client, spec) for spec in specs if spec.name not in waiting}


def _out_of_time(context: Context, client: tracking.MlflowClient, spec: ModelSpec) -> pd.Series:
    """All applications since the first one that is out of time for the model, with or without an outcome."""
    predictor = champions.load(context, client, spec.name).predictor
    data = training_data.frame(context, predictor.features)
    learnt_from = frames.labelled(data, spec)
    since = learnt_from["as_of"][splits.out_of_time(learnt_from["as_of"], spec.split).oot].min()
    late = data.loc[data["as_of"] >= since]
    return pd.Series(predictor.predict(late)[_OUTPUT].to_numpy(float), index=late["application_id"])
