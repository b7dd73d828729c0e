"""Share of applicants above the PD cut-off whom a change of amount, term or debts would bring below it.

For the report of a version, which has no limit model: only the PD counts, and changes are tried on a grid. Proposals
to an applicant (`models.recourse`) are exact and also checked against limits and rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from conf.schema.loan_request import AMOUNT, TERM
from conf.schema.model import ModelSpec
from conf.schema.policy import Policy
from models import evaluation, frames, levers
from models.explain import Described
from models.levers import Levers
from models.predictor import PdPredictor
from models.record import FitResult

_MOST = 1000  # number of applications tried, drawn at random
_TENTHS = tuple(tenths / 10 for tenths in range(10, 0, -1))  # of the amount asked for, which is never raised
_HALF_YEAR = 6  # months
REPAID = "repaid_amount"


@dataclass(frozen=True)
class _Change:
    """A changed request: a share of the amount, another term in months, and whether loans are repaid first.

    Attributes:
        least: the smallest loan, which no amount may fall below.
    """

    amount: float
    term: float | None
    repays: bool
    least: float

    @property
    def moved(self) -> tuple[str, ...]:
        """The levers that the change uses."""
        moves = ((AMOUNT, self.amount < 1), (TERM, self.term is not None), (REPAID, self.repays))
        return tuple(name for name, is_moved in moves if is_moved)


def recorded(
    result: FitResult[Any],
    frame: pd.DataFrame,
    spec: ModelSpec,
    catalogue: Mapping[str, Described],
    policy: Policy | None = None,
) -> FitResult[Any]:
    """The same result with `recourse` in its record; unchanged if no PD is predicted or nothing can be changed.

    Args:
        result: of `fit`.
        frame, policy: arguments of `fit`; without amount and term in the frame, these aren't changed.
        catalogue: entry of each feature.
    """
    predictor, scored = result.predictor, result.scored
    if "pd" not in predictor.outputs:
        return result
    rows, free = frames.labelled(frame, spec), levers.of_models([predictor], catalogue)
    is_late, pd_ = scored["slice"].eq("oot").to_numpy(bool), scored["pd"].to_numpy(float)
    cut_off = evaluation.cut_off(policy, pd_[~is_late])
    is_above = np.asarray(is_late & (pd_ > cut_off), bool)
    above = rows.loc[is_above].sample(min(_MOST, int(is_above.sum())), random_state=spec.seed)
    features = frames.numbers(above, predictor.features).reset_index(drop=True)
    helped: dict[tuple[str, ...], np.ndarray] = {}
    for change in _changes(rows, free, float(policy.min_limit) if policy and policy.sets_limits else 0.0):
        within = _within(change, above, features, free, predictor, cut_off)
        helped[change.moved] = helped.get(change.moved, False) | within
    if not (helped and len(above)):
        return result
    alone = {moved[0]: mask for moved, mask in helped.items() if len(moved) == 1}
    by_one, by_any = (np.any([*masks], axis=0) for masks in (alone.values(), helped.values()))
    masks = alone | {"several": by_any & ~by_one, "none": ~by_any}
    shares = {name: float(mask.mean()) for name, mask in masks.items()}
    recourse = {"cut_off": cut_off, "declined": len(above), "shares": shares}
    return replace(result, record=replace(result.record, recourse=recourse))


def _changes(rows: pd.DataFrame, free: Levers, least: float) -> Iterator[_Change]:
    """All changes to try: whole tenths of the amount, half-years that occur in training, with and without repaying."""
    amounts = _TENTHS if free.is_amount_free and AMOUNT in rows else _TENTHS[:1]
    terms: list[float | None] = [None, *(_terms(rows[TERM]) if free.is_term_free and TERM in rows else [])]
    repaying = [False, True] if free.zeroed and free.barring is not None else [False]
    for amount, term, repays in product(amounts, terms, repaying):
        change = _Change(amount, term, repays, least)
        if change.moved:
            yield change


def _terms(seen: pd.Series) -> list[float]:
    if not len(known := seen[seen > 0]):
        return []
    shortest, longest = np.ceil(known.min() / _HALF_YEAR), np.floor(known.max() / _HALF_YEAR)
    return [float(each) * _HALF_YEAR for each in range(int(shortest), int(longest) + 1)]


def _is_open(change: _Change, above: pd.DataFrame, features: pd.DataFrame, free: Levers) -> np.ndarray:
    """Mask of applicants who can make this change.

    A changed amount isn't below the smallest loan, a changed term differs from the present one, and debts that are
    repaid exist and may be repaid.
    """
    is_open = np.ones(len(above), bool)
    if change.amount < 1:
        is_open &= (above[AMOUNT] * change.amount >= change.least).to_numpy(bool, na_value=False)
    if change.term is not None:
        is_open &= ((above[TERM] > 0) & (above[TERM] != change.term)).to_numpy(bool, na_value=False)
    if change.repays:
        is_open &= (features[[*free.zeroed]] > 0).any(axis=1).to_numpy()
        is_open &= (features[[*(free.barring or ())]] == 0).all(axis=1).to_numpy()
    return is_open


def _within(
    change: _Change, above: pd.DataFrame, features: pd.DataFrame, free: Levers, predictor: PdPredictor, cut_off: float
) -> np.ndarray:
    """Mask of applicants whom a change would bring within the cut-off, among those to whom it is open."""
    is_open, n = _is_open(change, above, features, free), len(above)
    terms = np.ones(n)
    if change.term is not None:
        terms[is_open] = change.term / above[TERM].to_numpy(float, na_value=np.nan)[is_open]
    factors = np.column_stack([np.full(n, change.amount), terms])
    would_be = levers.followed(features, np.arange(n), factors, np.full(n, change.repays), free)
    return is_open & (predictor.predict_pd(would_be) <= cut_off)
