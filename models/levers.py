"""Levers of a declined applicant (amount, term, loans owed), and their effect on both models' features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from conf.schema.loan_request import AMOUNT, REQUESTED, TERM, Repaid
from models.explain import Described
from models.predictor import Predictor

OWED, SERVICE = "existing_exposure", "existing_debt_service_month"
# what decisions read of an applicant's own loans: nothing is left of it once they are repaid
DEBTS = (OWED, SERVICE, "existing_product_amount")


@dataclass(frozen=True)
class Levers:
    """Effect of amount, term and repayment of loans on the features of both models.

    Attributes:
        powers: of each feature that follows amount or term, by `REQUESTED`.
        thresholds: where trees of either model part each of these.
        is_amount_free, is_term_free: no feature follows it in a way that nobody declared.
        zeroed: features that are 0 once loans are repaid.
        barring: features that have to be 0 before; None where nobody is told what repaying would bring.
    """

    powers: Mapping[str, Mapping[str, int]]
    thresholds: Mapping[str, np.ndarray]
    is_amount_free: bool
    is_term_free: bool
    zeroed: tuple[str, ...]
    barring: tuple[str, ...] | None


def of_models(scorers: Sequence[Predictor], catalogue: Mapping[str, Described]) -> Levers:
    """The levers of models, by the declarations of their features."""
    names = dict.fromkeys(chain.from_iterable(scorer.features for scorer in scorers))
    follows = {name: dict(catalogue[name].follows) for name in names if catalogue[name].follows}
    parted = [scorer.thresholds for scorer in scorers] if follows else []
    thresholds = {name: np.concatenate([each[name] for each in parted if name in each]) for name in follows}
    free = {name: all(powers.get(name, 0) is not None for powers in follows.values()) for name in REQUESTED}
    powers = {name: {lever: power for lever, power in own.items() if power} for name, own in follows.items()}
    zeroed = tuple(name for name in names if catalogue[name].repaid == Repaid.ZERO)
    return Levers(powers, thresholds, free[AMOUNT], free[TERM], zeroed, _barring(catalogue, [*names]))


def _barring(catalogue: Mapping[str, Described], names: list[str]) -> tuple[str, ...] | None:
    """Features that must be 0 before repaying is proposed; None where a workspace doesn't declare its effect."""
    declared = {name: entry.repaid for name, entry in catalogue.items()}
    barring = tuple(name for name, repaid in declared.items() if repaid == Repaid.BARS)
    is_unknown = any(declared[name] == Repaid.UNKNOWN for name in names) or not {*barring} <= {*names}
    return None if is_unknown or Repaid.ZERO not in declared.values() else barring


def followed(
    features: pd.DataFrame, rows: np.ndarray, factors: np.ndarray, is_repaid: np.ndarray, free_levers: Levers
) -> pd.DataFrame:
    """The features of rows after amount and term are multiplied by factors and loans are repaid.

    Args:
        rows: positions in `features`.
        factors: of amount and term, of shape (rows, `REQUESTED`).
        is_repaid: by row.
    """
    values = features.to_numpy(float)[rows]
    for name, powers in free_levers.powers.items():
        for each, power in powers.items():
            values[:, features.columns.get_loc(name)] *= factors[:, REQUESTED.index(each)] ** power
    zeroed = np.outer(is_repaid, features.columns.isin(free_levers.zeroed))
    values[zeroed & ~np.isnan(values)] = 0
    return pd.DataFrame(values, columns=features.columns)
