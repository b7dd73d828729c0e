"""Boosting of folds side by side, round by round, until the rows that they hold out are predicted no better."""

import os
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import xgboost as xgb

from conf.schema.model import ModelSpec
from models.splits import Folds

Objective = Callable[[np.ndarray, xgb.DMatrix], tuple[np.ndarray, np.ndarray]]
Loss = Callable[[np.ndarray, np.ndarray], float]


def cross_fit(
    x: np.ndarray,
    label: np.ndarray,
    folds: Folds,
    spec: ModelSpec,
    params: list[dict[str, Any]],
    loss: Loss,
    objective: Objective | None,
) -> tuple[float, int, list[xgb.Booster]]:
    """The least loss of held-out rows, the number of rounds that gives it, and the folds' boosters, of more rounds.

    Args:
        folds: positions to learn from and to hold out; each row is held out once at most.
        spec: says how many rounds, when to stop, and in `params.nthread` how many folds are boosted at once, which
            changes no figure; a number below 1 means all processors, as for XGBoost.
        params: by fold.
        loss: of (label, margin), lower is better.
        objective: gradient and curvature, in place of one that XGBoost knows.
    """
    tested = np.concatenate([test for _, test in folds])
    each = [_Fold.of(x, label, fold, own, objective) for fold, own in zip(folds, params, strict=True)]
    margins, best, rounds = np.empty(len(x)), np.inf, 0
    threads = spec.params.get("nthread", 1)
    with closing(_in_step(each, spec.rounds, threads if threads > 0 else os.cpu_count())) as margins_of_folds:
        for i, of_folds in enumerate(margins_of_folds):
            for (_, test), of_fold in zip(folds, of_folds, strict=True):
                margins[test] = of_fold
            if (now := loss(label[tested], margins[tested])) < best:
                best, rounds = now, i + 1
            elif i + 1 - rounds >= spec.early_stopping_rounds:
                break
    return best, rounds, [fold.booster for fold in each]


@dataclass(frozen=True)
class _Fold:
    """The booster of a fold, with the rows that it learns from and those that it holds out."""

    booster: xgb.Booster
    learn: xgb.DMatrix
    test: xgb.DMatrix
    objective: Objective | None

    @classmethod
    def of(
        cls,
        x: np.ndarray,
        label: np.ndarray,
        fold: tuple[np.ndarray, np.ndarray],
        params: dict[str, Any],
        objective: Objective | None,
    ) -> Self:
        """A booster without trees; it has one thread, because folds are boosted side by side."""
        learn, test = fold
        known, unknown = xgb.DMatrix(x[learn], label[learn]), xgb.DMatrix(x[test])
        return cls(xgb.Booster(params | {"nthread": 1}, cache=[known, unknown]), known, unknown, objective)

    def boosted(self, i: int, before: Future[np.ndarray] | None) -> np.ndarray:
        """Margins of the rows held out after round `i`, which waits for the round before."""
        if before is not None:
            before.result()
        self.booster.update(self.learn, i, self.objective)
        return self.booster.predict(self.test, output_margin=True)


def _in_step(folds: list[_Fold], rounds: int, threads: int | None) -> Generator[list[np.ndarray], None, None]:
    """By round, the margins of each fold's held-out rows.

    A thread that finds no fold left of a round begins the next one. Threads of XGBoost itself would share the work of
    one fold, and wait for each other at every node.
    """
    with ThreadPoolExecutor(threads) as pool:
        ahead = [pool.submit(fold.boosted, 0, None) for fold in folds]
        for i in range(1, rounds + 1):
            now, ahead = ahead, []
            if i < rounds:
                ahead = [pool.submit(fold.boosted, i, before) for fold, before in zip(folds, now, strict=True)]
            yield [each.result() for each in now]
