"""Interventional SHAP values: those of the definition, against a population that is sizes and means alone."""

from functools import cache
from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from models import boosting, interventional, reference_population
from models.reference_population import LEAST_PEOPLE, ReferencePopulation
from tests.unit import portfolio

FEATURES, GROUPS = 7, 5


@cache
def fitted(**params: object) -> tuple[xgb.Booster, np.ndarray, np.ndarray, np.ndarray]:
    """A booster, rows, and groups with their shares; some values are missing in either."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, FEATURES)).astype(np.float32)
    bad = rng.random(len(x)) < 1 / (1 + np.exp(2 - x[:, 0] * x[:, 1] - x[:, 2]))
    x[rng.random(x.shape) < 0.1] = np.nan
    settings = {"objective": "binary:logistic", "max_depth": 5, "nthread": 1, "seed": 0, **params}
    booster = xgb.train(settings, xgb.DMatrix(x, bad), num_boost_round=20)
    return booster, x[GROUPS:], x[:GROUPS], rng.dirichlet(np.ones(GROUPS))


def shapley(booster: xgb.Booster, row: np.ndarray, groups: np.ndarray, shares: np.ndarray) -> list[float]:
    """Shapley values by their definition (Shapley 1953): what isn't known of a row is that of each group in turn."""
    sets = [frozenset(known) for size in range(FEATURES + 1) for known in combinations(range(FEATURES), size)]
    mixed = np.array([np.where([j in known for j in range(FEATURES)], row, groups) for known in sets])
    margins = boosting.margin(booster, mixed.reshape(-1, FEATURES)).reshape(len(sets), GROUPS)
    worth = dict(zip(sets, margins.astype(float) @ shares, strict=True))
    return [
        sum(
            (worth[known | {j}] - value) / (FEATURES * comb(FEATURES - 1, len(known)))
            for known, value in worth.items()
            if j not in known
        )
        for j in range(FEATURES)
    ]


@pytest.mark.parametrize("params", [{}, {"num_parallel_tree": 2}, {"booster": "dart", "rate_drop": 0.3}])
def test_contributions_are_shapley_values_by_their_definition(params):
    booster, x, groups, shares = fitted(**params)
    values = interventional.contributions(booster, x[:4], groups, shares)
    np.testing.assert_allclose(values, [shapley(booster, row, groups, shares) for row in x[:4]], atol=1e-5)


@pytest.mark.parametrize("of", [portfolio.admitted, portfolio.limited])
def test_a_row_adds_up_to_its_margin_from_the_mean_margin_of_the_population(of):
    result, rows = of(), portfolio.frame().head(200)
    population = ReferencePopulation.of(result.record.as_dict()["reference_population"])
    groups = pd.DataFrame(population.means, columns=list(result.predictor.features))
    base = np.average(result.predictor.margin(groups), weights=population.sizes)
    assert result.predictor.interventional_base(population) == pytest.approx(base)
    values, margin = result.predictor.interventional_values(rows, population), result.predictor.margin(rows)
    np.testing.assert_allclose(values.sum(axis=1) + base, margin, atol=1e-5 * max(1, np.ptp(margin)))


def test_a_population_counts_each_row_once_and_is_the_same_each_time():
    x = np.random.default_rng(0).normal(size=(6000, 4)).astype(np.float32)
    people = pd.Series(np.arange(len(x)))
    population, again = (reference_population.summary(x, people) for _ in range(2))
    assert 10 <= len(population.sizes) <= 20
    assert population.sizes.sum() == len(x)
    np.testing.assert_allclose(population.shares @ population.means, x.mean(axis=0), atol=1e-6)
    assert population.as_dict() == again.as_dict()


def test_no_mean_is_of_fewer_people_than_the_least():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(400, 3)), rng.normal(50, 1, size=(400, 3))])
    people = pd.Series([*range(400), *np.tile(range(LEAST_PEOPLE - 1), 14)[:400]])  # of the second half too few
    x[400 - LEAST_PEOPLE + 1 :, 2] = np.nan
    x[: 400 - LEAST_PEOPLE + 1, 2] = np.nan
    x[: LEAST_PEOPLE - 1, 2] = 1  # known of too few people
    population = reference_population.summary(x, people)
    assert population.sizes.sum() == len(x)
    assert np.isnan(population.means[:, 2]).all()
    assert population.sizes.min() >= LEAST_PEOPLE
    alone = reference_population.summary(x[400:], people[400:])
    assert alone is None


def test_rows_that_are_all_alike_are_one_group():
    population = reference_population.summary(np.ones((100, 2)), pd.Series(range(100)))
    assert population.as_dict() == {"sizes": [100], "means": [[1.0, 1.0]]}
