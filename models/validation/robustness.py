"""Do small changes of inputs change the results only a little? Frames are scored again; no model is trained anew."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from models.validation.finding import UNTESTED, Measure, proven_share

Score = Callable[[pd.DataFrame], np.ndarray]
Quality = Callable[[np.ndarray], float]  # of the scores of all rows, such as their AUC
_DRAWS = 5


def _lost(quality: Quality, scores: np.ndarray, others: list[np.ndarray]) -> Measure:
    losses = np.array([quality(scores) - quality(other) for other in others])
    return Measure(float(losses.mean()), float(losses.min()), float(losses.max()))


def noise(rows: pd.DataFrame, quality: Quality, score: Score, size: float = 0.1, seed: int = 0) -> Measure:
    """Mean quality lost when a tenth of a standard deviation of noise is added to every value other than 0.

    As in PiML's robustness test, but a 0 stays: who has no herd has none, however badly herds are counted. The interval
    is the range of the draws.
    """
    rng, spread = np.random.default_rng(seed), pd.Series(rows.std()).fillna(0).to_numpy(float)
    draws = [rows + (rows != 0) * size * spread * rng.normal(size=rows.shape) for _ in range(_DRAWS)]
    return _lost(quality, score(rows), [score(draw) for draw in draws])


def missing_values(rows: pd.DataFrame, quality: Quality, score: Score, share: float = 0.1, seed: int = 0) -> Measure:
    """Mean quality lost when a tenth of all values is removed at random; the interval is the range of the draws."""
    rng = np.random.default_rng(seed)
    draws = [rows.mask(rng.random(rows.shape) < share) for _ in range(_DRAWS)]
    return _lost(quality, score(rows), [score(draw) for draw in draws])


def cut_off(pd_: np.ndarray, cut_off_pd: float, by: float = 0.1) -> Measure:
    """Largest change of the admission rate when the cut-off moves by a tenth of itself, up or down."""
    admitted = [float(np.mean(pd_ <= cut_off_pd * moved)) for moved in (1 - by, 1, 1 + by)]
    return Measure(max(admitted[1] - admitted[0], admitted[2] - admitted[1]))


def seed(pd_: np.ndarray, other_pd: np.ndarray, cut_off_pd: float) -> Measure:
    """Share of decisions that change with a model of the same rows and another seed (D'Amour et al. 2022)."""
    return Measure(float(np.mean(np.not_equal(pd_ <= cut_off_pd, other_pd <= cut_off_pd))))


def monotone(rows: pd.DataFrame, directions: dict[str, int], score: Score, steps: int = 9) -> Measure:
    """Largest step of the PD against its declared direction on a grid of each feature's quantiles."""
    against = {name: _against(rows, name, way, score, steps) for name, way in directions.items() if way}
    if not against:
        return UNTESTED
    worst = max(against, key=lambda name: against[name])
    return Measure(against[worst], where=(worst,) if against[worst] > 0 else ())


def _against(rows: pd.DataFrame, name: str, way: int, score: Score, steps: int) -> float:
    grid = rows[name].quantile(np.linspace(0, 1, steps)).dropna().unique()
    every = pd.concat([rows.assign(**{name: value}) for value in grid], ignore_index=True) if len(grid) > 1 else rows
    scored = score(every).reshape(-1, len(rows))
    return float(np.max(-way * np.diff(scored, axis=0), initial=0.0)) + 0.0


def grounding(
    rows: pd.DataFrame, contributions: np.ndarray, admitted: np.ndarray, score: Score, most: int = 2_000
) -> Measure:
    """Share of the declined whose strongest reason doesn't raise their risk: a usual value doesn't lower the score.

    The usual value is the median of those admitted. It is judged by the lower bound of its exact interval.

    Args:
        contributions: of shape (rows, features); the strongest reason is the feature with the largest.
        most: number of rows that are looked at.
    """
    declined = np.flatnonzero(~admitted)[:most]
    if not len(declined) or not admitted.any():
        return UNTESTED
    here, usual = rows.iloc[declined], rows.loc[admitted].median()
    names = np.asarray(rows.columns)[contributions[declined].argmax(axis=1)]
    changed = here.copy()
    for name in np.unique(names):
        changed.loc[names == name, name] = usual[name]
    empty = int((score(changed) >= score(here)).sum())
    return proven_share(empty, len(here))


def additive(contributions: np.ndarray, base_value: float, margin: np.ndarray) -> Measure:
    """Largest gap between a margin and the sum of its SHAP values (local accuracy, Lundberg and Lee 2017)."""
    return Measure(float(np.abs(contributions.sum(axis=1) + base_value - margin).max()))
