"""The gain from joining other sources to the lender's own: the model is trained again on each set of sources.

An ablation by source. Each set's model learns from the same rows, with the same parameters, directions and folds; all
are compared on the same rows out of time, on which nothing was fitted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from conf.schema.errors import ContractError
from conf.schema.model import Joining, ModelSpec
from conf.schema.policy import Policy
from models import evaluation, frames, metrics
from models.kind import ModelKind, PdKind, Relearning
from models.record import FitResult
from models.validation.discrimination import Z95, has_both

Sources = Mapping[str, frozenset[str]]
_RESAMPLES = 500


def recorded(
    result: FitResult[Any],
    frame: pd.DataFrame,
    spec: ModelSpec,
    monotone: dict[str, int],
    sources: Sources,
    kind: ModelKind,
    policy: Policy | None = None,
) -> FitResult[Any]:
    """The same result, with `joining` in its record; as it was where the spec declares none or no PD is predicted.

    Args:
        result: of `fit`.
        frame, monotone, policy: what `fit` was given.
        sources: of each feature; one that reads several counts once all of them are joined.
        kind: of the model.

    Raises:
        ContractError: no feature comes of the lender's own sources, or the feature that tells thin files isn't there.
    """
    if spec.joining is None or "pd" not in result.predictor.outputs:
        return result
    rows, scored = frames.labelled(frame, spec), result.scored
    is_late = scored["slice"].eq("oot").to_numpy(bool)
    pd_ = scored["pd"].to_numpy(float)
    every, again = tuple(frames.feature_names(frame, spec, monotone)), cast(PdKind, kind)
    directions = {
        of: {name: monotone.get(name, 0) for name in n} for of, n in sets(spec.joining, sources, every).items()
    }
    scores = {
        of: pd_[is_late]
        if tuple(own) == every
        else again.rescored(Relearning(result.predictor, rows, spec, ~is_late, own))
        for of, own in directions.items()
    }
    bad, groups = scored.loc[is_late, "bad"].to_numpy(int), _groups(rows.loc[is_late], spec.joining)
    admitted = pd_[is_late] <= evaluation.cut_off(policy, pd_[~is_late])
    tables = {name: _table(bad, scores, admitted, mask, spec.seed) for name, mask in groups.items()}
    return replace(result, record=replace(result.record, joining=tables))


def sets(joining: Joining, sources: Sources, features: tuple[str, ...]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """By set of sources, its features: the lender's own, all others without it, it with each other one, and with all.

    Raises:
        ContractError: no feature comes of the lender's own sources alone.
    """
    every = sorted(frozenset[str]().union(*(sources[name] for name in features)))
    others = [source for source in every if source not in joining.own]
    chosen = [joining.own, (*others,), *((*joining.own, source) for source in others), (*joining.own, *others)]
    features_of = {of: tuple(name for name in features if sources[name] <= {*of}) for of in chosen}
    if not features_of[joining.own]:
        raise ContractError(
            f"joining.own names {', '.join(joining.own)}, but no feature is computed from these sources alone; "
            f"features are computed from {', '.join(every)}: name the lender's own among them"
        )
    return {of: own for of, own in features_of.items() if own}


def _groups(rows: pd.DataFrame, joining: Joining) -> dict[str, np.ndarray]:
    """Masks of all rows and, if the spec says how to recognise them, of thin files (few or no records) and others."""
    everybody = {"all": np.ones(len(rows), bool)}
    if (thin := joining.thin) is None:
        return everybody
    if thin.feature not in rows:
        raise ContractError(
            f"joining.thin names the feature {thin.feature}, which isn't built; name one that tells how long or how "
            "well the lender knows an applicant"
        )
    is_thick = rows[thin.feature].to_numpy(float, na_value=np.nan) >= thin.below
    return everybody | {"thin": ~is_thick, "thick": is_thick}


def _table(
    bad: np.ndarray, scores: dict[tuple[str, ...], np.ndarray], admitted: np.ndarray, mask: np.ndarray, seed: int
) -> dict[str, Any]:
    """Figures of each set of sources in a group, and their gain over the first set with its 95 % interval."""
    bad, admitted = bad[mask], admitted[mask]
    counted: dict[str, Any] = {"rows": len(bad), "bads": int(bad.sum()), "sets": ()}
    if not has_both(bad) or not admitted.any():
        return counted
    rate, own = float(bad[admitted].mean()), next(iter(scores))
    here = {of: score[mask] for of, score in scores.items()}
    areas = {of: metrics.auc(bad, score) for of, score in here.items()}
    measured = {of: figures(bad, score, np.ones(len(bad), int), rate) for of, score in here.items()}
    drawn: dict[tuple[str, ...], list[tuple[float, float]]] = {of: [] for of in here}
    for counts in _resampled(len(bad), seed):
        for of, score in here.items():
            drawn[of].append(figures(bad, score, counts, rate))
    rows: list[dict[str, Any]] = []
    for of, score in here.items():
        gained = np.subtract(drawn[of], drawn[own])
        low, high = np.quantile(gained, [0.025, 0.975], axis=0)
        error = Z95 * metrics.auc_difference_error(bad, score, here[own])
        gain = areas[of] - areas[own]
        gains = {"auc": (areas[of], gain, gain - error, gain + error)} | {
            name: (measured[of][j], measured[of][j] - measured[own][j], low[j], high[j])
            for j, name in enumerate(("ks", "approval_rate"))
        }
        rows.append({"sources": of} | {name: _gained(*each) for name, each in gains.items()})
    return counted | {"bad_rate": rate, "sets": tuple(rows)}


def _gained(value: float, gain: float, low: float, high: float) -> dict[str, float]:
    return {"value": float(value), "gain": float(gain), "low": float(low), "high": float(high)}


def _resampled(rows: int, seed: int) -> Iterator[np.ndarray]:
    """Number of times that each row is drawn, with replacement: the bootstrap (Efron 1979)."""
    rng = np.random.default_rng(seed)
    return (np.bincount(rng.integers(0, rows, rows), minlength=rows) for _ in range(_RESAMPLES))


def figures(bad: np.ndarray, score: np.ndarray, counts: np.ndarray, bad_rate: float) -> tuple[float, float]:
    """KS, and the largest share, safest first, with a bad rate of at most `bad_rate`; rows are weighted by `counts`."""
    order = np.argsort(score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    every, bads = (np.cumsum(each[order])[last] for each in (counts, counts * bad))
    goods = every - bads
    ks = np.abs(bads / max(bads[-1], 1) - goods / max(goods[-1], 1)).max()
    approved = every[bads <= bad_rate * every + 1e-9]
    return float(ks), float(approved.max(initial=0) / every[-1])
