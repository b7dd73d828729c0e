"""Whether a model treats groups alike. The groups are protected and read for this purpose only."""

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, count, mean_prediction, selection_rate, true_positive_rate
from numpy.typing import ArrayLike

from models import metrics

LEAST_ADVERSE_IMPACT = 0.8  # the four-fifths rule (29 CFR 1607.4 D)
PROXY_AUC = 0.8
_LEAST_ROWS = 30


def by_group(admitted: ArrayLike, bad: ArrayLike, pd_: ArrayLike, groups: pd.Series) -> pd.DataFrame:
    """How each group fares; groups of fewer than 30 rows are left out, for their rates say nothing.

    Args:
        admitted: whether the cut-off admits each row.
        bad: observed outcome.
        groups: the protected attribute; missing values are left out.

    Returns:
        Indexed by group: rows, admitted (share), admitted_good (share of those who repaid, "equal opportunity"),
        mean_pd, bad_rate, auc, and adverse_impact (admitted relative to the best-placed group).
    """
    labels = groups.reset_index(drop=True).astype("string")
    large = labels.map(labels.value_counts()).ge(_LEAST_ROWS).fillna(False).to_numpy(bool)
    kept, good = labels[large], 1 - np.asarray(bad, int)[large]
    flags, pd_ = np.asarray(admitted, int)[large], np.asarray(pd_, float)[large]
    decided = MetricFrame(
        metrics={"rows": count, "admitted": selection_rate, "admitted_good": true_positive_rate},
        y_true=good,
        y_pred=flags,
        sensitive_features=kept,
    ).by_group
    risk = MetricFrame(
        metrics={"mean_pd": mean_prediction, "bad_rate": lambda bad, _: bad.mean(), "auc": _auc},
        y_true=1 - good,
        y_pred=pd_,
        sensitive_features=kept,
    ).by_group
    table = decided.join(risk).astype(float)
    table["adverse_impact"] = table["admitted"] / table["admitted"].max()
    return table.rename_axis("group")


def figures(table: pd.DataFrame) -> dict[str, float]:
    """The two figures that sum up a table of `by_group`: least adverse impact ratio, equal-opportunity difference."""
    return {
        "adverse_impact_ratio": float(table["adverse_impact"].min()),
        "equal_opportunity_difference": float(table["admitted_good"].max() - table["admitted_good"].min()),
    }


def proxies(features: pd.DataFrame, groups: pd.Series) -> dict[str, float]:
    """Features that give a group away: those that alone tell it from the others with an AUC of 0.8 or more.

    Returns:
        The AUC by feature, of whichever group the feature gives away most.
    """
    found = {}
    for name, column in features.astype(float).items():
        values = column.fillna(column.min() - 1)
        areas = [metrics.auc(groups == group, values) for group in sorted(groups.dropna().unique())]
        if (area := max((max(a, 1 - a) for a in areas), default=0.5)) >= PROXY_AUC:
            found[str(name)] = float(area)
    return found


def _auc(bad: np.ndarray, pd_: np.ndarray) -> float:
    return metrics.auc(bad, pd_) if 0 < bad.sum() < len(bad) else float("nan")
