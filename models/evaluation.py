"""The record of a model, apart from how its kind is judged; and the figures of a PD."""

from typing import Any

import numpy as np
import pandas as pd

from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import explain, fairness, frames, metrics, reference_population, splits
from models.predictor import Predictor
from models.record import rows_of
from models.splits import Slices
from models.trees import TreePredictor

_RISKY_SHARE = 0.2


def figures(bad: np.ndarray, pd_: np.ndarray, alike: np.ndarray, slices: Slices) -> dict[str, float]:
    """Discrimination and calibration of a PD, `<measure>_<slice>`, and their change out of time.

    Args:
        alike: PDs whose spread in time and out of time can be compared, see `pd_model.fit`.
    """
    named = {
        f"{measure}_{name}": value
        for name, mask in slices.named().items()
        for measure, value in _slice(bad[mask], pd_[mask]).items()
    }
    return named | {
        "auc_drop": named["auc_in_time"] - named["auc_oot"],
        "score_psi": metrics.csi(alike[slices.development], alike[slices.oot]),
    }


def _slice(bad: np.ndarray, pd_: np.ndarray) -> dict[str, float]:
    n, bads = len(bad), int(bad.sum())
    area = metrics.auc(bad, pd_)
    return {
        "rows": n,
        "bads": bads,
        "bad_rate": bads / n,
        "mean_pd": float(pd_.mean()),
        "auc": area,
        "auc_se": metrics.auc_standard_error(area, bads, n - bads),
        "gini": metrics.gini(bad, pd_),
        "ks": metrics.ks(bad, pd_),
        "brier": metrics.brier(bad, pd_),
        "logloss": metrics.log_loss(bad, pd_),
        "binomial_p": metrics.binomial_p(bads, n, float(pd_.mean())),
        "jeffreys_p": metrics.jeffreys_p(bads, n, float(pd_.mean())),
    }


def gain(bad: np.ndarray, pd_: np.ndarray, rival: np.ndarray) -> dict[str, float]:
    """AUC out of time above the scorecard's, and the same in standard errors of the difference."""
    gained = metrics.auc(bad, pd_) - metrics.auc(bad, rival)
    error = metrics.auc_difference_error(bad, pd_, rival)
    return {"auc_gain_over_scorecard": gained, "auc_gain_z": gained / error if error else 0.0}


def cut_off(policy: Policy | None, in_time: np.ndarray) -> float:
    """The PD above which the policy declines; without a policy, the PD that the riskiest fifth in time exceeds."""
    return policy.decline_pd if policy else float(np.quantile(in_time, 1 - _RISKY_SHARE))


def grades(bad: np.ndarray, pd_: np.ndarray, slices: Slices, policy: Policy | None) -> pd.DataFrame:
    """Grade table of the out-of-time slice: the policy's grades, or five bands with equal counts in time."""
    if policy:
        names, bounds = [g.name for g in policy.grades], [g.max_pd for g in policy.grades]
    else:
        bounds = [*metrics.quantile_edges(pd_[slices.development], 5), 1.0]
        names = [str(band) for band in range(1, len(bounds) + 1)]
    return metrics.bands(pd_[slices.oot], bad[slices.oot], names, bounds)


def grade_figures(table: pd.DataFrame) -> dict[str, float]:
    """Whether the observed bad rate rises from grade to grade (1 or 0), the least share of rows in one, and the least
    chance of a grade's bads if its mean PD were true: the two-sided Jeffreys test of each (ECB 2019), after Holm.
    """
    rates, filled = table["bad_rate"].dropna(), table.loc[table["n"] > 0, ["bads", "n", "mean_pd"]]
    chances = [metrics.jeffreys_p(int(bads), int(n), pd_) for bads, n, pd_ in filled.itertuples(index=False)]
    return {
        "grades_monotone": float(rates.is_monotonic_increasing),
        "grade_least_share": float(table["share"].min()),
        "grade_jeffreys_p": min(len(chances) * min(chances), 1.0),
    }


def by_group(scored: pd.DataFrame, policy: Policy | None, protected: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Effect of the cut-off on the groups of each protected attribute out of time, see `fairness.by_group`.

    Args:
        scored: as in `FitResult`.
        protected: attributes indexed by `application_id`.
    """
    if policy is None or protected is None:
        return {}
    late = scored[scored["slice"] == "oot"]
    groups = protected.reindex(late["application_id"])
    admitted = late["pd"] <= policy.decline_pd
    tables = {str(name): fairness.by_group(admitted, late["bad"], late["pd"], of) for name, of in groups.items()}
    return {name: table for name, table in tables.items() if len(table)}


def amounts_by_group(
    scored: pd.DataFrame, actual: str, predicted: str, protected: pd.DataFrame | None
) -> dict[str, tuple[dict[str, Any], ...]]:
    """Predictions and labels of each protected group out of time, see `fairness.by_group_of_amounts`.

    Args:
        scored: as in `FitResult`.
        actual, predicted: columns of it.
        protected: attributes indexed by `application_id`.
    """
    if protected is None:
        return {}
    late = scored[scored["slice"] == "oot"]
    groups = protected.reindex(late["application_id"])
    tables = {str(name): fairness.by_group_of_amounts(late[actual], late[predicted], of) for name, of in groups.items()}
    return {name: rows_of(table.reset_index()) for name, table in tables.items() if len(table)}


def proxies(
    rows: pd.DataFrame, features: tuple[str, ...], protected: pd.DataFrame | None
) -> dict[str, dict[str, float]]:
    """By protected attribute, the features that reveal one of its groups, see `fairness.proxies`."""
    if protected is None:
        return {}
    values = pd.DataFrame(frames.matrix(rows, features), columns=pd.Index(features))
    groups = protected.reindex(rows["application_id"])
    return {str(name): fairness.proxies(values, of) for name, of in groups.items()}


def hidden(proxies: dict[str, dict[str, float]]) -> tuple[str, ...]:
    """Features that no reason may name: the proxies of any protected attribute."""
    return tuple(sorted(set[str]().union(*proxies.values())))


def described(
    frame: pd.DataFrame,
    rows: pd.DataFrame,
    slices: Slices,
    spec: ModelSpec,
    predictor: Predictor,
    shap: np.ndarray,
) -> dict[str, Any]:
    """The part of the record common to all kinds of model: rows, drivers, and shifts since training.

    Args:
        frame: as given to `fit`.
        rows: its labelled rows.
        shap: SHAP values of the development rows, of shape (rows, features).
    """
    features = predictor.features
    x = frames.matrix(rows, features)
    before, after = (x[mask] for mask in slices.named().values())
    people = frames.owners(rows)[slices.development]
    population = reference_population.summary(before, people) if isinstance(predictor, TreePredictor) else None
    return {
        "model": spec.name,
        "kind": spec.kind,
        "label": spec.label,
        "features": features,
        "split": splits.described(rows.loc[:, "as_of"], slices),
        "split_by": spec.split.by,
        "counts": frames.counts(frame, spec, is_outcome="pd" in predictor.outputs),
        "missing": {
            name: {"known": known, "nonzero": nonzero}
            for name, known, nonzero in zip(features, predictor.missing.known, predictor.missing.nonzero, strict=True)
        },
        "importance": explain.importance(pd.DataFrame(shap, columns=pd.Index(features))),
        "reference_population": population.as_dict() if population else {},
        "stability": {name: metrics.csi(before[:, j], after[:, j]) for j, name in enumerate(features)},
    }
