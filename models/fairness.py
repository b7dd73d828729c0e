"""Fairness: whether a model treats groups alike, and which features reveal a group.

The groups are protected attributes, read for this purpose only.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, count, mean_prediction, selection_rate
from numpy.typing import ArrayLike

from models import metrics

LEAST_ADVERSE_IMPACT = 0.8  # the four-fifths rule (29 CFR 1607.4 D)
PROXY_AUC = 0.8
LEAST_ROWS = 30
_RATES = ["rows", "admitted", "admitted_good", "mean_pd", "bad_rate", "auc", "adverse_impact"]


def by_group(admitted: ArrayLike, bad: ArrayLike, pd_: ArrayLike, groups: pd.Series) -> pd.DataFrame:
    """Figures of each group; groups of fewer than 30 rows are left out, because their rates are too uncertain.

    Args:
        admitted: whether the cut-off admits each row.
        bad: observed outcome.
        groups: the protected attribute; missing values are left out.

    Returns:
        Indexed by group: rows, admitted (share), admitted_good (share of those who repaid, "equal opportunity",
        missing where nobody did), mean_pd, bad_rate, auc, and adverse_impact (admitted relative to the best-placed
        group, missing where nobody is admitted).
    """
    labels, large = _large(groups)
    if not large.any():
        return pd.DataFrame(columns=pd.Index(_RATES)).rename_axis("group")
    kept, good = labels[large], 1 - np.asarray(bad, int)[large]
    flags, pd_ = np.asarray(admitted, int)[large], np.asarray(pd_, float)[large]
    decided = MetricFrame(
        metrics={"rows": count, "admitted": selection_rate, "admitted_good": _admitted_good},
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
    table["adverse_impact"] = table["admitted"] / (table["admitted"].max() or float("nan"))
    return table.rename_axis("group")


def by_group_of_amounts(actual: ArrayLike, predicted: ArrayLike, groups: pd.Series) -> pd.DataFrame:
    """Predictions and labels of each group; groups of fewer than 30 rows are left out.

    Args:
        actual, predicted: of each row, in the label's unit.
        groups: the protected attribute; missing values are left out.

    Returns:
        Indexed by group: rows, mean_actual, mean_predicted, reached (share of rows whose label came to at least the
        prediction), share (mean prediction over mean label, missing unless both are positive), and relative (that
        share over the highest of a group).
    """
    labels, large = _large(groups)
    rows = pd.DataFrame({"actual": np.asarray(actual, float), "predicted": np.asarray(predicted, float)})
    each = rows.assign(reached=rows["actual"] >= rows["predicted"]).loc[large].groupby(labels[large])
    table = each.agg(
        rows=("reached", "size"),
        mean_actual=("actual", "mean"),
        mean_predicted=("predicted", "mean"),
        reached=("reached", "mean"),
    )
    is_positive = (table["mean_actual"] > 0) & (table["mean_predicted"] > 0)
    share = (table["mean_predicted"] / table["mean_actual"]).where(is_positive)
    return table.assign(share=share, relative=share / share.max()).rename_axis("group")


def _large(groups: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Groups as text, numbered from 0, and a mask of the rows in groups that are large enough."""
    labels = groups.reset_index(drop=True).astype("string")
    return labels, labels.map(labels.value_counts()).ge(LEAST_ROWS).fillna(False).to_numpy(bool)


def figures(tables: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """The two figures that sum up each table of `by_group`: least adverse impact, and equal-opportunity difference.

    The latter is missing if fewer than two groups have a row that repaid.
    """
    return {
        name: value
        for attribute, table in tables.items()
        if len(table) > 1
        for name, value in (
            (f"adverse_impact_{attribute}", float(table["adverse_impact"].min())),
            (f"equal_opportunity_difference_{attribute}", _spread(table.loc[:, "admitted_good"].dropna())),
        )
    }


def banded(values: pd.Series) -> pd.Series:
    """A protected attribute as groups: numbers are cut into four bands of about equal size, other values stay."""
    if not pd.api.types.is_numeric_dtype(values):
        return values
    bands = pd.Series(pd.qcut(values, 4, duplicates="drop")).astype("string")
    span = values.groupby(bands).agg(["min", "max"]).astype(int)
    return bands.map({band: f"{low}–{high}" for band, low, high in span.itertuples()})


def proxies(features: pd.DataFrame, groups: pd.Series) -> dict[str, float]:
    """Proxies: features that alone separate a group from the others with an AUC of 0.8 or more.

    Args:
        features: one column each; a missing value may be as informative as any other.
        groups: the protected attribute of the same rows; groups of fewer than 30 rows are left out, missing ones too.

    Returns:
        The AUC by feature, for the group that the feature separates best.
    """
    labels = groups.reset_index(drop=True)
    sizes = labels.value_counts()
    large = pd.Index(sizes.index[sizes >= LEAST_ROWS]).sort_values()
    known = labels.isin(large).to_numpy()
    if len(large) < 2:
        return {}
    telling: dict[str, float] = {}
    for name, column in features.astype(float).items():
        values = column.fillna(column.min() - 1).fillna(0).to_numpy()[known]
        areas = [metrics.auc(labels[known] == group, values) for group in large]
        if (area := max(max(a, 1 - a) for a in areas)) >= PROXY_AUC:
            telling[str(name)] = float(area)
    return telling


def _spread(rates: pd.Series) -> float:
    return float(np.ptp(rates)) if len(rates) > 1 else float("nan")


def _admitted_good(good: np.ndarray, admitted: np.ndarray) -> float:
    return float(np.asarray(admitted)[np.asarray(good) == 1].mean()) if np.any(good) else float("nan")


def _auc(bad: np.ndarray, pd_: np.ndarray) -> float:
    return metrics.auc(bad, pd_) if 0 < bad.sum() < len(bad) else float("nan")
