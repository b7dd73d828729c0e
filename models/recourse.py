"""What a declined applicant could ask for instead that would be admitted: another amount, another term, or both.

These two are in the applicant's own hands on the day. Features of a model that are made of them move with them as they
declare (`scales_with=`), so that no feature is moved alone. Trees part a feature at thresholds, and between two of them
every score is the same: the largest amount that is lent below each of them stands for all amounts there, so that the
smallest change is found exactly. An amount is never raised but to the smallest loan. A term stays in half-years, and
within those at which the trees part terms, of which training has seen some on either side.

Each proposal was scored and decided as an application is: by the models, the policy and the caps of that day.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd

from conf.schema.asked import AMOUNT, ASKED, TERM
from conf.schema.policy import Policy
from models.policy import Decision
from models.predictor import Predictor
from models.reasons import Judges

_HALF_YEAR = 6  # months
_AT_ONCE = 50  # applicants whose changes are scored together
# decisions on features and facts as they would be, by the positions of the rows that they are of
Judge = Callable[[pd.DataFrame, pd.DataFrame, np.ndarray], pd.DataFrame]


@dataclass(frozen=True)
class Proposal:
    """What would be admitted if it were asked for, and with which limit.

    Attributes:
        requested_cny, term_months: what to ask for; one of them may be as it was.
        limit_cny: what would be lent, at most what is asked for.
    """

    requested_cny: float
    term_months: float
    limit_cny: float


@dataclass(frozen=True)
class Levers:
    """How the features of both models follow amount and term.

    Attributes:
        powers: of each feature that follows them, by `ASKED`.
        thresholds: where trees of either model part each of these.
        is_amount_free, is_term_free: no feature follows it in a way that nobody declared.
    """

    powers: Mapping[str, Mapping[str, int]]
    thresholds: Mapping[str, np.ndarray]
    is_amount_free: bool
    is_term_free: bool


@dataclass(frozen=True)
class _Applicant:
    """A declined row: its position, what was asked for, how it is lent, and what follows."""

    row: int
    amount: float
    term: float
    step: float
    least: float
    values: Mapping[str, float]


class _Asked(NamedTuple):
    """What to try for a row; the lever is empty where both are moved."""

    row: int
    lever: str
    requested_cny: float
    term_months: float


def levers(judges: Judges) -> Levers:
    """What the models read of amount and term, by the declarations of their features."""
    scorers: list[Predictor] = [judges.admission, *([judges.limit] if judges.limit else [])]
    names = dict.fromkeys(chain.from_iterable(scorer.features for scorer in scorers))
    follows = {name: dict(judges.catalogue[name].follows) for name in names if judges.catalogue[name].follows}
    parted = [scorer.thresholds for scorer in scorers] if follows else []
    thresholds = {name: np.concatenate([each[name] for each in parted if name in each]) for name in follows}
    free = {asked: all(powers.get(asked, 0) is not None for powers in follows.values()) for asked in (AMOUNT, TERM)}
    powers = {name: {asked: power for asked, power in own.items() if power} for name, own in follows.items()}
    return Levers(powers, thresholds, free[AMOUNT], free[TERM])


def of_declined(
    features: pd.DataFrame, facts: pd.DataFrame, decided: pd.DataFrame, judges: Judges, judge: Judge
) -> list[list[Proposal]]:
    """What each declined applicant could ask for: the smallest change of the amount, that of the term, else of both.

    Args:
        features, facts: what the decisions were made from, see `deciding.Known`.
        decided: of the same rows, with `decision`.
        judge: decides on what would be asked for.

    Returns:
        Of each row up to two proposals; none where nothing would be admitted, or it isn't declined.
    """
    proposals: list[list[Proposal]] = [[] for _ in range(len(decided))]
    declined = np.flatnonzero(decided["decision"].eq(Decision.DECLINE))
    if not (judges.rules.sets_limits and declined.size):
        return proposals
    free_levers = levers(judges)
    for start in range(0, len(declined), _AT_ONCE):
        some = [
            _applicant(int(i), features, facts, judges.rules, free_levers) for i in declined[start : start + _AT_ONCE]
        ]
        for find in (_of_one, _of_both):
            tried = [
                each for applicant in some if not proposals[applicant.row] for each in find(applicant, free_levers)
            ]
            for row, proposal in _admitted(tried, features, facts, judges, free_levers, judge):
                proposals[row].append(proposal)
    return proposals


def _applicant(row: int, features: pd.DataFrame, facts: pd.DataFrame, rules: Policy, free_levers: Levers) -> _Applicant:
    stated, known = facts.iloc[row], features.iloc[row]
    step = float(rules.products[stated["product_code"]].round_down_to_cny)
    least = max(1.0, np.ceil(float(rules.min_limit_cny) / step)) * step
    values = {name: float(known[name]) for name in free_levers.powers}
    return _Applicant(row, float(stated[AMOUNT]), float(stated[TERM]), step, least, values)


def _of_one(of: _Applicant, free_levers: Levers) -> list[_Asked]:
    """What to try of one lever alone."""
    amounts = [_Asked(of.row, AMOUNT, each, of.term) for each in _amounts(of, of.term, free_levers)]
    return amounts + [_Asked(of.row, TERM, of.amount, each) for each in _terms(of, free_levers)]


def _of_both(of: _Applicant, free_levers: Levers) -> list[_Asked]:
    return [
        _Asked(of.row, "", each, term) for term in _terms(of, free_levers) for each in _amounts(of, term, free_levers)
    ]


def _admitted(
    tried: list[_Asked], features: pd.DataFrame, facts: pd.DataFrame, judges: Judges, free_levers: Levers, judge: Judge
) -> Iterator[tuple[int, Proposal]]:
    """Of each row and lever what changes least of what was asked for, as a share of it, of all that is admitted."""
    if not tried:
        return
    rows = np.array([each.row for each in tried])
    asked = np.array([(each.requested_cny, each.term_months) for each in tried])
    factors = asked / facts[[*ASKED]].to_numpy(float)[rows]
    followed = _followed(features, rows, factors, free_levers)
    likely = np.flatnonzero(judges.admission.predict_pd(followed) <= judges.rules.refer_pd)
    if not likely.size:
        return
    would_be = facts.iloc[rows[likely]].reset_index(drop=True)
    would_be = would_be.assign(**dict(zip(ASKED, asked[likely].T, strict=True)))
    decided = judge(followed.iloc[likely].reset_index(drop=True), would_be, rows[likely])
    limits, is_admitted = decided["limit_cny"].to_numpy(float), decided["decision"].eq(Decision.ADMIT).to_numpy()
    change = np.abs(np.log(factors[likely])).sum(axis=1)
    order = np.lexsort((change, rows[likely]))
    best: dict[tuple[int, str], Proposal] = {}
    for i in order[is_admitted[order]]:
        row, lever, *terms = tried[likely[i]]
        best.setdefault((row, lever), Proposal(*terms, float(limits[i])))
    yield from ((row, proposal) for (row, _), proposal in best.items())


def _followed(features: pd.DataFrame, rows: np.ndarray, factors: np.ndarray, free_levers: Levers) -> pd.DataFrame:
    """The features of rows where what is asked for is multiplied.

    Args:
        rows: positions in `features`.
        factors: of what is asked for, of shape (rows, `ASKED`).
    """
    values = features.to_numpy(float)[rows]
    for name, powers in free_levers.powers.items():
        for each, power in powers.items():
            values[:, features.columns.get_loc(name)] *= factors[:, ASKED.index(each)] ** power
    return pd.DataFrame(values, columns=features.columns)


def _amounts(of: _Applicant, term: float, free_levers: Levers) -> list[float]:
    """Amounts to try over a term, in whole steps: the largest below each threshold; the smallest loan, for who asks for
    less.
    """
    if not free_levers.is_amount_free or not of.amount > 0:
        return []
    if of.amount < of.least:
        return [of.least]
    longer = term / of.term
    edges = [
        of.amount * _factors(of.values[name] * longer ** powers.get(TERM, 0), name, AMOUNT, free_levers)
        for name, powers in free_levers.powers.items()
    ]
    down = np.floor(np.concatenate([[of.amount], *edges]) / of.step) * of.step
    whole = np.unique(np.concatenate([down, down - of.step]))
    return whole[(whole >= of.least) & (whole < of.amount)].tolist()


def _terms(of: _Applicant, free_levers: Levers) -> list[float]:
    """Half-years within the range of terms at which trees part features of the term alone."""
    if not free_levers.is_term_free or not of.term > 0:
        return []
    alone = [name for name, powers in free_levers.powers.items() if [*powers] == [TERM]]
    edges = np.concatenate(
        [np.empty(0), *(of.term * _factors(of.values[name], name, TERM, free_levers) for name in alone)]
    )
    if not edges.size:
        return []
    shortest, longest = np.ceil(edges.min() / _HALF_YEAR), np.floor(edges.max() / _HALF_YEAR)
    terms = (float(each) * _HALF_YEAR for each in range(int(shortest), int(longest) + 1))
    return [each for each in terms if each not in (0, of.term)]


def _factors(value: float, name: str, asked: str, free_levers: Levers) -> np.ndarray:
    """By what an amount or term has to be multiplied for a feature to come to each of its thresholds."""
    power = free_levers.powers[name].get(asked, 0)
    if not power or not value:
        return np.empty(0)
    ratio = free_levers.thresholds[name] / value
    return ratio[ratio > 0] ** (1 / power)
