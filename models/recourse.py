"""What a declined applicant could change to be admitted: the amount, the term, the debt on loans, or several of these.

The applicant can change amount and term on the day itself, and can repay all debt to the bank if it is less than the
requested amount. Features computed from them change with them as the features declare (`scales_with=`,
`once_repaid=`), so no feature is changed alone. Trees split a feature at thresholds, and between two thresholds every
score is the same. So it is enough to try the largest amount that is lent below each threshold, and the smallest change
is exact. An amount is never raised, except to the smallest loan. A term is a number of half-years within the range at
which trees split terms, because training has seen terms on both sides of each.

Each proposal was scored and decided as an application is: by the models, the policy and the caps of that day.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from conf.schema.loan_request import AMOUNT, REQUESTED, TERM
from conf.schema.policy import Policy
from models import levers
from models.levers import Levers
from models.policy import Decision
from models.reasons import Judges

_HALF_YEAR = 6  # months
_AT_ONCE = 50  # applicants whose changes are scored together
# decisions on features and facts as they would be, by the positions of the rows that they are of
Judge = Callable[[pd.DataFrame, pd.DataFrame, np.ndarray], pd.DataFrame]


@dataclass(frozen=True)
class Proposal:
    """A changed request that would be admitted, with its limit.

    Attributes:
        requested_amount, term_months: the changed request; either may be as before.
        limit_amount: amount that would be lent, at most `requested_amount`.
        repaid_amount: the whole debt on loans if it has to be repaid first; else 0.
    """

    requested_amount: float
    term_months: float
    limit_amount: float
    repaid_amount: float = 0.0


@dataclass(frozen=True)
class _Applicant:
    """A declined row: its position, its request, the product's terms, the debt that may be repaid, and its features."""

    row: int
    amount: float
    term: float
    step: float
    least: float
    owed: float
    values: Mapping[str, float]


class _Trial(NamedTuple):
    """A changed request to try for a row, and what it changes (its levers)."""

    row: int
    moved: tuple[str, ...]
    requested_amount: float
    term_months: float
    repaid_amount: float = 0.0


def of_declined(
    features: pd.DataFrame, facts: pd.DataFrame, decided: pd.DataFrame, judges: Judges, judge: Judge
) -> list[list[Proposal]]:
    """Proposals for each declined applicant: the smallest change of one lever; if none helps, of two, then of three.

    Args:
        features, facts: the inputs of the decisions, see `deciding.Known`.
        decided: of the same rows, with `decision`.
        judge: decides on the changed requests.

    Returns:
        Up to three proposals for each row; none if no change would be admitted, or the row isn't declined.
    """
    proposals: list[list[Proposal]] = [[] for _ in range(len(decided))]
    declined = np.flatnonzero(decided["decision"].eq(Decision.DECLINE))
    if not (judges.rules.sets_limits and declined.size):
        return proposals
    scorers = [judges.admission, *([judges.limit] if judges.limit else [])]
    free_levers = levers.of_models(scorers, judges.catalogue)
    for start in range(0, len(declined), _AT_ONCE):
        some = [
            _applicant(int(i), features, facts, judges.rules, free_levers) for i in declined[start : start + _AT_ONCE]
        ]
        for find in (_of_one, _of_several):
            tried = [
                each for applicant in some if not proposals[applicant.row] for each in find(applicant, free_levers)
            ]
            for row, proposal in _admitted(tried, features, facts, judges, free_levers, judge):
                proposals[row].append(proposal)
    return proposals


def by_change(decided: pd.DataFrame) -> dict[str, int]:
    """Number of declined applicants whom a change would have admitted, by its levers; `none` counts those without one.

    Args:
        decided: with what was asked for, and `proposals`.
    """
    declined = decided[decided["decision"].eq(Decision.DECLINE)]
    counts = Counter[str]()
    for proposals, *requested in zip(declined["proposals"], *(declined[name] for name in REQUESTED), strict=True):
        counts.update([_moved(each, *requested) for each in proposals] or ["none"])
    return dict(sorted(counts.items()))


def _moved(proposal: Proposal, amount: float, term: float) -> str:
    moved = {AMOUNT: proposal.requested_amount != amount, TERM: proposal.term_months != term}
    return " + ".join(
        name for name, is_moved in (moved | {"repaid_amount": proposal.repaid_amount > 0}).items() if is_moved
    )


def _applicant(row: int, features: pd.DataFrame, facts: pd.DataFrame, rules: Policy, free_levers: Levers) -> _Applicant:
    stated, known = facts.iloc[row], features.iloc[row]
    step = float(rules.products[stated["product_code"]].round_down_to)
    least = max(1.0, np.ceil(float(rules.min_limit) / step)) * step
    barring = free_levers.barring
    is_free = barring is not None and all(known[name] == 0 for name in barring)
    owed = float(stated[levers.OWED]) if is_free else 0.0
    values = {name: float(known[name]) for name in free_levers.powers}
    return _Applicant(row, float(stated[AMOUNT]), float(stated[TERM]), step, least, owed, values)


def _of_one(of: _Applicant, free_levers: Levers) -> list[_Trial]:
    """Trials that change one lever only."""
    amounts, terms = _amounts(of, of.term, free_levers), _terms(of, free_levers)
    alone = [_Trial(of.row, (AMOUNT,), each, of.term) for each in amounts]
    alone += [_Trial(of.row, (TERM,), of.amount, each) for each in terms]
    return alone + _repaid(of, [_Trial(of.row, (), of.amount, of.term)])


def _of_several(of: _Applicant, free_levers: Levers) -> list[_Trial]:
    """Trials that change amount and term together, or one or both of them with loans repaid."""
    alone = [each for each in _of_one(of, free_levers) if not each.repaid_amount]
    pairs = ((each, term) for term in _terms(of, free_levers) for each in _amounts(of, term, free_levers))
    both = [_Trial(of.row, REQUESTED, *pair) for pair in pairs]
    return both + _repaid(of, alone + both)


def _repaid(of: _Applicant, tried: list[_Trial]) -> list[_Trial]:
    """The same trials with all debt repaid, if the debt is less than the request (else the loan brings nothing)."""
    return [
        each._replace(moved=(*each.moved, levers.OWED), repaid_amount=of.owed)
        for each in tried
        if 0 < of.owed < each.requested_amount
    ]


def _admitted(
    tried: list[_Trial], features: pd.DataFrame, facts: pd.DataFrame, judges: Judges, free_levers: Levers, judge: Judge
) -> Iterator[tuple[int, Proposal]]:
    """Of each row what is admitted for the fewest levers: by these what changes least of what was asked for, as a share
    of it.
    """
    if not tried:
        return
    rows = np.array([each.row for each in tried])
    requested = np.array([(each.requested_amount, each.term_months) for each in tried])
    factors = requested / facts[[*REQUESTED]].to_numpy(float)[rows]
    is_repaid = np.array([each.repaid_amount > 0 for each in tried])
    followed = levers.followed(features, rows, factors, is_repaid, free_levers)
    likely = np.flatnonzero(judges.admission.predict_pd(followed) <= judges.rules.refer_pd)
    if not likely.size:
        return
    would_be = facts.iloc[rows[likely]].reset_index(drop=True)
    debts = {name: np.where(is_repaid[likely], 0.0, would_be[name]) for name in levers.DEBTS}
    would_be = would_be.assign(**dict(zip(REQUESTED, requested[likely].T, strict=True)), **debts)
    decided = judge(followed.iloc[likely].reset_index(drop=True), would_be, rows[likely])
    limits, is_admitted = decided["limit_amount"].to_numpy(float), decided["decision"].eq(Decision.ADMIT).to_numpy()
    change = np.abs(np.log(factors[likely])).sum(axis=1)
    count = np.array([len(tried[i].moved) for i in likely])
    order = np.lexsort((change, count, rows[likely]))
    best, fewest = dict[tuple[int, tuple[str, ...]], Proposal](), dict[int, int]()
    for i in order[is_admitted[order]]:
        row, moved, amount, term, repaid = tried[likely[i]]
        if fewest.setdefault(row, len(moved)) == len(moved):
            best.setdefault((row, moved), Proposal(amount, term, float(limits[i]), repaid))
    yield from ((row, proposal) for (row, _), proposal in best.items())


def _amounts(of: _Applicant, term: float, free_levers: Levers) -> list[float]:
    """Amounts to try over a term, in whole steps: the largest below each threshold; the smallest loan if less was
    requested.
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
    """Half-years within the range of terms at which trees split features of the term alone."""
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


def _factors(value: float, name: str, requested: str, free_levers: Levers) -> np.ndarray:
    """Factors of an amount or term at which a feature reaches each of its thresholds."""
    power = free_levers.powers[name].get(requested, 0)
    if not power or not value:
        return np.empty(0)
    ratio = free_levers.thresholds[name] / value
    return ratio[ratio > 0] ** (1 / power)
