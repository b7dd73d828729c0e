"""XGBoost as both models use it: boosting stopped by held-out folds, exact TreeSHAP, native JSON."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xgboost as xgb

from conf.schema.errors import ContractError
from conf.schema.model import ModelSpec
from models import branches
from models.splits import Folds

# parameters that the spec sets elsewhere or that would harm the model: scale_pos_weight ruins calibration,
# multi_output_tree ignores monotone constraints
_RESERVED = frozenset(
    [
        "base_score",
        "monotone_constraints",
        "multi_strategy",
        "objective",
        "quantile_alpha",
        "scale_pos_weight",
        "seed",
        "seed_per_iteration",
    ]
)

# rows that one processor takes at once
_SCORED, _EXPLAINED, _LOOKED_UP = 10_000, 1_000, 25_000
_MANY = 5_000  # rows from which on looking up contributions of shallow trees is faster than computing them

Objective = Callable[[np.ndarray, xgb.DMatrix], tuple[np.ndarray, np.ndarray]]
Loss = Callable[[np.ndarray, np.ndarray], float]


@dataclass(frozen=True)
class Boosted:
    """A booster trained on all rows, and the boosters of the folds, which score the rows that they weren't trained on.

    Attributes:
        booster: with the number of trees that was best for the held-out rows.
        of_folds: boosters of the folds, in their order, with the same number of trees.
    """

    booster: xgb.Booster
    of_folds: tuple[xgb.Booster, ...]


def train(
    x: np.ndarray,
    label: np.ndarray,
    features: tuple[str, ...],
    directions: tuple[int, ...],
    folds: Folds,
    spec: ModelSpec,
    loss: Loss,
    of_kind: dict[str, Any],
    objective: Objective | None = None,
) -> Boosted:
    """Boost in folds until the loss of the held-out rows stops falling, then for as many rounds on all rows.

    A single slice to stop at would cost a fifth of the rows and, with a few dozen bads in it, stop at random: on
    simulated portfolios of 2,500 loans the folds gain 0.012 of AUC over it. And the booster holds no trees past its
    best round; XGBoost's SHAP values would use them all, so that explanations wouldn't add up to the score.

    Args:
        directions: monotone constraint of each feature.
        folds: positions to learn from and to hold out; each row is held out once.
        loss: of (label, margin), lower is better.
        of_kind: parameters that the kind of model sets, such as the objective.
        objective: gradient and curvature, in place of one that XGBoost knows.

    Raises:
        ContractError: the spec sets a parameter that it may not set.
    """
    _require_free(spec)
    own, _, *each = seeds(spec.seed, 2 + len(folds))
    # names are set afterwards, because XGBoost compares them in every round, which takes longer than the round
    params_of = [_params(spec, directions, of_kind, seed) for seed in each]
    _, rounds, boosters = _cross_fit(x, label, folds, spec, params_of, loss, objective)
    params = _params(spec, directions, of_kind, own)
    booster = xgb.train(params, xgb.DMatrix(x, label), num_boost_round=rounds, obj=objective)
    of_folds = tuple(each[:rounds] for each in boosters)
    for named in (booster, *of_folds):
        named.feature_names = list(features)
    return Boosted(booster, of_folds)


def fold_losses(
    x: np.ndarray,
    label: np.ndarray,
    directions: tuple[int, ...],
    folds: Folds,
    spec: ModelSpec,
    loss: Loss,
    of_kind: dict[str, Any],
    objective: Objective | None = None,
) -> Iterator[float]:
    """The least loss of each fold's held-out rows over the rounds; arguments and errors as of `train`.

    Folds are boosted one after another, on demand, so that a caller that stops early saves the rest.
    """
    _require_free(spec)
    for fold, seed in zip(folds, seeds(spec.seed, 2 + len(folds))[2:], strict=True):
        yield _cross_fit(x, label, [fold], spec, [_params(spec, directions, of_kind, seed)], loss, objective)[0]


def refitted(
    x: np.ndarray,
    label: np.ndarray,
    features: tuple[str, ...],
    directions: tuple[int, ...],
    spec: ModelSpec,
    of_kind: dict[str, Any],
    rounds: int,
    seed: int | None = None,
) -> xgb.Booster:
    """A booster of `rounds` rounds, with the final booster's seed unless another is named; arguments as of `train`."""
    params = _params(spec, directions, of_kind, seeds(spec.seed, 1)[0] if seed is None else seed)
    booster = xgb.train(params, xgb.DMatrix(x, label), num_boost_round=rounds)
    booster.feature_names = list(features)
    return booster


def _require_free(spec: ModelSpec) -> None:
    if refused := sorted(_RESERVED & set(spec.params)):
        raise ContractError(
            f"model {spec.name}: params must not set {refused}; objective, seed and constraints come from the spec "
            "and the features, and weighting the classes would ruin the calibration"
        )


def seeds(seed: int, count: int) -> tuple[int, ...]:
    """Seeds derived from the spec's: the final booster's, one for a model with another seed, then one for each fold.

    Consecutive seeds aren't independent: XGBoost seeds a round by 127 times its seed plus the round, so that seed 7
    draws in its round 127 the same as seed 8 in its first.
    """
    return tuple(int(each) for each in np.random.SeedSequence(seed).generate_state(count))


def _params(spec: ModelSpec, directions: tuple[int, ...], of_kind: dict[str, Any], seed: int) -> dict[str, Any]:
    # XGBoost draws for all boosters of a process from one stream; seeded in each round, none depends on the others
    fixed = {"seed": seed, "seed_per_iteration": True, "monotone_constraints": directions, "tree_method": "hist"}
    # one thread unless the spec says otherwise: the same sums on every machine, and for thousands of rows no slower
    return {"nthread": 1, **spec.params, **of_kind, **fixed}


def _cross_fit(
    x: np.ndarray,
    label: np.ndarray,
    folds: Folds,
    spec: ModelSpec,
    params: list[dict[str, Any]],
    loss: Loss,
    objective: Objective | None,
) -> tuple[float, int, list[xgb.Booster]]:
    """The least loss of held-out rows, the number of rounds that gives it, and the folds' boosters.

    Args:
        params: by fold.
    """
    tested = np.concatenate([test for _, test in folds])
    parts = [(xgb.DMatrix(x[learn], label[learn]), xgb.DMatrix(x[test]), test) for learn, test in folds]
    boosters = [xgb.Booster(each, cache=[learn, test]) for each, (learn, test, _) in zip(params, parts, strict=True)]
    margins, best, rounds = np.empty(len(x)), np.inf, 0
    for i in range(spec.rounds):
        for booster, (learn, test, where) in zip(boosters, parts, strict=True):
            booster.update(learn, i, objective)
            margins[where] = booster.predict(test, output_margin=True)
        if (now := loss(label[tested], margins[tested])) < best:
            best, rounds = now, i + 1
        elif i + 1 - rounds >= spec.early_stopping_rounds:
            break
    return best, rounds, boosters


def margin(booster: xgb.Booster, x: np.ndarray) -> np.ndarray:
    """Raw output of each row of a matrix of shape (rows, features), before any link function."""
    return _by_parts(partial(booster.inplace_predict, predict_type="margin"), x, _SCORED)


def contributions(booster: xgb.Booster, x: np.ndarray) -> np.ndarray:
    """Exact TreeSHAP of shape (rows, features + 1), last the base value; the same however many rows there are."""
    if len(x) >= _MANY and (trees := branches.shallow_trees(booster)):
        return _by_parts(partial(branches.contributions, booster, trees), x, _LOOKED_UP)
    return _by_parts(partial(branches.by_xgboost, booster), x, _EXPLAINED)


def _by_parts(of: Callable[[np.ndarray], np.ndarray], x: np.ndarray, at_once: int) -> np.ndarray:
    """Split many rows over all processors; no value changes, because each row is computed by itself."""
    if len(x) <= at_once:
        return of(x).astype(float, copy=False)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = pool.map(of, (x[start : start + at_once] for start in range(0, len(x), at_once)))
        return np.concatenate([*parts]).astype(float, copy=False)


def to_native(booster: xgb.Booster) -> dict[str, Any]:
    """XGBoost's own JSON document."""
    return json.loads(booster.save_raw("json").decode())


def from_native(document: dict[str, Any]) -> xgb.Booster:
    """The booster of an XGBoost JSON document, with one thread: for a few rows, waking others takes longer."""
    return xgb.Booster({"nthread": 1}, model_file=bytearray(json.dumps(document).encode()))


def made(
    spec: ModelSpec, booster: xgb.Booster, features: tuple[str, ...], directions: tuple[int, ...], folds: int
) -> dict[str, Any]:
    """Parameters, number of folds and results of the boosting, for the record."""
    stopping = {"rounds": spec.rounds, "early_stopping_rounds": spec.early_stopping_rounds, "seed": spec.seed}
    own, _, *each = seeds(spec.seed, 2 + folds)
    return {
        "monotone": dict(zip(features, directions, strict=True)),
        "params": {**spec.params, **stopping, "booster_seed": own, "fold_seeds": tuple(each)},
        "best_iteration": booster.num_boosted_rounds() - 1,
        "base_score": json.loads(booster.save_config())["learner"]["learner_model_param"]["base_score"],
    }
