"""Folds that are boosted side by side come out as one after another."""

import numpy as np
import pytest
from portfolio import ADMISSION as SPEC

from models import boosted_pd, boosting

RNG = np.random.default_rng(3)
X = RNG.normal(size=(900, 4))
BAD = (RNG.random(900) < 1 / (1 + np.exp(2 - X[:, 0]))).astype(int)
FOLDS = [(np.setdiff1d(np.arange(900), part), part) for part in np.array_split(np.arange(900), 5)]


def boosted(threads: int | None):
    params = {"max_depth": 3, "subsample": 0.7, "colsample_bytree": 0.5} | ({"nthread": threads} if threads else {})
    spec = SPEC.model_copy(update={"params": params, "rounds": 60, "early_stopping_rounds": 10})
    return boosted_pd.boost(X, BAD, ("a", "b", "c", "d"), (0, 0, 0, 0), FOLDS, spec)


@pytest.mark.parametrize("threads", [2, 3, 8, 0, -1])
def test_threads_change_no_fold_and_no_number_of_rounds(threads):
    alone, together = boosted(None), boosted(threads)
    assert 0 < alone.booster.num_boosted_rounds() < 60
    assert together.booster.num_boosted_rounds() == alone.booster.num_boosted_rounds()
    for one, other in zip(alone.of_folds, together.of_folds, strict=True):
        assert one.save_raw("json") == other.save_raw("json")


def test_an_error_in_a_fold_ends_them_all():
    def refuses(*_):
        raise ZeroDivisionError

    spec = SPEC.model_copy(update={"params": {"nthread": 2}, "rounds": 5})
    with pytest.raises(ZeroDivisionError):
        boosting.train(X, BAD, ("a", "b", "c", "d"), (0, 0, 0, 0), FOLDS, spec, refuses, {}, objective=refuses)
