"""Interventional SHAP values of boosted trees: what is left open of a row is taken from a reference population.

The definition of Janzing et al. (2020), exact as in Lundberg et al. (2020): leaf by leaf, a row mixed with a group of
the population gets there if each feature on the path leads there in the row or in the group. XGBoost's own values
(path-dependent TreeSHAP) instead follow both branches of what is left open, weighted by the hessian of training rows.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, cast

import numpy as np
import xgboost as xgb
from scipy.special import beta

from models.branches import Fork

Path = tuple[tuple[Fork, bool], ...]  # splits from the root to a leaf, and whether each is taken to the left


def contributions(booster: xgb.Booster, x: np.ndarray, groups: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Shapley values of shape (rows, features) in the booster's units; a row's sum is its margin less the base.

    The base is the mean margin of the groups, weighted by their shares.

    Args:
        x: rows of shape (rows, features), as the booster reads them.
        groups: of the population, of shape (groups, features), as the booster reads them.
        shares: of the groups, of shape (groups,), which add up to 1.
    """
    columns, values = np.asfortranarray(x), np.zeros((x.shape[1], len(x)))
    for leaf, path in _leaves(booster):
        features = sorted({fork.feature for fork, _ in path})
        effects = leaf * _effects(_leads_there(path, features, groups), shares)
        which = (1 << np.arange(len(features))) @ _leads_there(path, features, columns).T
        for j, effect in zip(features, effects.T, strict=True):
            values[j] += effect[which]
    return values.T


def _leaves(booster: xgb.Booster) -> Iterator[tuple[float, Path]]:
    grown = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]
    trees = grown.get("gbtree", grown)["model"]["trees"]
    for tree, weight in zip(trees, grown.get("weight_drop", [1.0] * len(trees)), strict=True):
        for leaf, path in _below(tree, 0, ()):
            yield weight * leaf, path


def _below(tree: dict[str, Any], node: int, path: Path) -> Iterator[tuple[float, Path]]:
    threshold = np.float32(tree["split_conditions"][node])
    if tree["left_children"][node] < 0:
        yield float(threshold), path
        return
    fork = Fork(tree["split_indices"][node], threshold, bool(tree["default_left"][node]))
    yield from _below(tree, tree["left_children"][node], (*path, (fork, True)))
    yield from _below(tree, tree["right_children"][node], (*path, (fork, False)))


def _leads_there(path: Path, features: list[int], x: np.ndarray) -> np.ndarray:
    """Whether each feature of a path leads to its leaf, of shape (rows, features of the path)."""
    leads = np.ones((len(x), len(features)), bool)
    for fork, is_left in path:
        leads[:, features.index(fork.feature)] &= fork.is_left(x) == is_left
    return leads


def _effects(theirs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Shapley values of reaching a leaf, by what of a row leads there, of shape (2^features, features of the path).

    With p features that lead there in the row alone and n in the group alone, each of the p gains (p-1)! n! / (p+n)!
    and each of the n loses p! (n-1)! / (p+n)!.

    Args:
        theirs: what leads there in the groups, of shape (groups, features of the path).
    """
    own = _patterns(theirs.shape[1])[:, None, :]
    mine, others = own & ~theirs, ~own & theirs
    p, n = mine.sum(axis=2, keepdims=True), others.sum(axis=2, keepdims=True)
    won, lost = cast(np.ndarray, beta(np.maximum(p, 1), n + 1)), cast(np.ndarray, beta(p + 1, np.maximum(n, 1)))
    gains = mine * won - others * lost
    can_reach = (own | theirs).all(axis=2)
    return np.einsum("rgf,rg,g->rf", gains, can_reach, shares)


@cache
def _patterns(features: int) -> np.ndarray:
    """All sets of so many features, of shape (2^features, features); the first feature is the lowest bit."""
    return (np.arange(1 << features)[:, None] >> np.arange(features) & 1).astype(bool)
