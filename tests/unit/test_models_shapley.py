"""SHAP values of boosted trees: those of the definition, and the same however many rows are explained together."""

from functools import cache
from itertools import combinations
from math import comb

import numpy as np
import pytest
import xgboost as xgb

from models import boosting, branches

FEATURES = 8
NAMES = tuple(f"feature_{j}" for j in range(FEATURES))


@cache
def fitted() -> tuple[xgb.Booster, np.ndarray]:
    """A booster of 30 trees, some features missing, and the rows that it learnt from."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2500, FEATURES)).astype(np.float32)
    bad = rng.random(len(x)) < 1 / (1 + np.exp(2 - x[:, 0] * x[:, 1] - x[:, 2]))
    x[rng.random(x.shape) < 0.1] = np.nan
    params = {"objective": "binary:logistic", "max_depth": 4, "nthread": 1}
    booster = xgb.train(params, xgb.DMatrix(x, bad), num_boost_round=30)
    booster.feature_names = list(NAMES)
    return booster, x


def expected(tree: dict, row: np.ndarray, known: frozenset[int], node: int = 0) -> float:
    """What a tree says of a row of which some features are known: of others, both ways by the rows that went them."""
    left, right = tree["left_children"][node], tree["right_children"][node]
    if left < 0:
        return tree["split_conditions"][node]
    if (j := tree["split_indices"][node]) in known:
        is_left = (
            tree["default_left"][node] if np.isnan(row[j]) else row[j] < np.float32(tree["split_conditions"][node])
        )
        return expected(tree, row, known, left if is_left else right)
    covers = [tree["sum_hessian"][child] for child in (left, right)]
    return float(np.average([expected(tree, row, known, child) for child in (left, right)], weights=covers))


def shapley(trees: list[dict], row: np.ndarray) -> list[float]:
    """Shapley values by their definition (Shapley 1953), over all sets of features."""
    worth = {
        frozenset(known): sum(expected(tree, row, frozenset(known)) for tree in trees)
        for size in range(FEATURES + 1)
        for known in combinations(range(FEATURES), size)
    }
    return [
        sum(
            (worth[known | {j}] - value) / (FEATURES * comb(FEATURES - 1, len(known)))
            for known, value in worth.items()
            if j not in known
        )
        for j in range(FEATURES)
    ]


@pytest.mark.parametrize("i", range(3))
def test_contributions_are_shapley_values_by_their_definition(i):
    booster, x = fitted()
    trees = boosting.to_native(booster)["learner"]["gradient_booster"]["model"]["trees"]
    contributions = boosting.contributions(booster, x[[i]])[0, :-1]
    np.testing.assert_allclose(contributions, shapley(trees, x[i]), atol=1e-5)


def test_many_rows_are_scored_and_explained_as_each_part_of_them_is():
    booster, x = fitted()
    again = boosting.from_native(boosting.to_native(booster))
    assert branches.shallow_trees(booster)  # so that many rows go another way than each part
    x = np.tile(x, (5, 1))
    parts = np.array_split(x, 25)
    for of in (boosting.margin, boosting.contributions):
        whole = of(booster, x)
        np.testing.assert_array_equal(whole, np.concatenate([of(again, part) for part in parts]))


@pytest.mark.parametrize("params", [{"max_depth": 5}, {"max_depth": 2, "num_parallel_tree": 2}, {"booster": "dart"}])
def test_rows_are_explained_by_xgboost_where_no_tree_stands_for_a_round_or_it_has_many_splits(params):
    _, x = fitted()
    booster = xgb.train({"nthread": 1, **params}, xgb.DMatrix(x, x[:, 0] > x[:, 1]), num_boost_round=3)
    assert branches.shallow_trees(booster) is None
    many = np.tile(x, (3, 1))
    np.testing.assert_array_equal(boosting.contributions(booster, many), branches.by_xgboost(booster, many))


def test_rows_on_a_threshold_and_without_a_value_are_looked_up_as_xgboost_explains_them():
    booster, x = fitted()
    trees = branches.shallow_trees(booster)
    rows = np.tile(x[:1], (len(trees), 1))
    for row, (split, *_) in zip(rows, trees, strict=True):
        row[split.feature] = split.threshold
    rows = np.concatenate([rows, np.full((1, FEATURES), np.nan, np.float32)])
    np.testing.assert_array_equal(branches.contributions(booster, trees, rows), branches.by_xgboost(booster, rows))
