"""Several applications of one person, or of one household: decided in turn, each on what the others and loans leave.

What was granted and isn't disbursed yet is no loan that the bank's books show, and counts all the same; once it is paid
out, what is owed on it counts in its place. Of other members of the household counts what the bank itself has lent or
granted them: its own exposure, which its contracts let it use, by memberships whose consent lets them be known.
"""

import numpy as np
import pandas as pd

from conf.schema.policy import Policy
from models import caps, policy
from models.policy import Decision

MAY_BE_LENT = (Decision.ADMIT, Decision.REFER)  # the latter by the person whom it was referred to
# What was granted before: of each application its applicant, product, term and amount.
LEDGER = ["application_id", "subject_key", "household_no", "product_code", "term_months", "amount"]
OWED = ["existing_exposure", "existing_debt_service_month"]
# What the bank has lent: of each loan who owes it, of which household, and what is owed and paid each month.
LOANS = ["subject_key", "household_no", "product_code", *OWED]


def decide_in_turn(frame: pd.DataFrame, rules: Policy, granted: pd.DataFrame, loans: pd.DataFrame) -> pd.DataFrame:
    """Decide on applications by `policy.decide`, those of a household one after another.

    The order is that of `applied_at`, then of `application_id`. What is admitted, or may be by the person whom it was
    referred to, counts for those that come after it.

    Args:
        frame: what `policy.decide` takes, with application_id, applied_at, subject_key and household_no (None: the
            applicant is a household by herself).
        rules: the policy in force.
        granted: `LEDGER` of what was granted before and is neither disbursed, expired nor withdrawn.
        loans: `LOANS` on which something is owed. An applicant's own count where the frame knows of less, for it may
            be older.

    Returns:
        The rows in their order, with `caps.COMMITTED` and what `policy.decide` returns.
    """
    turn = frame.assign(**owed(frame, loans)).sort_values(["applied_at", "application_id"])
    parts: list[pd.DataFrame] = []
    ledger: list[pd.DataFrame] = [granted.loc[:, LEDGER]]
    for _, rows in turn.groupby(turn.groupby(_home(turn)).cumcount()):
        applications = rows.join(committed(rows, _together(ledger), rules))
        decided = applications.join(policy.decide(applications, rules))
        parts.append(decided)
        ledger.append(_granted(decided))
    return pd.concat(parts).loc[frame.index]


def owed(rows: pd.DataFrame, loans: pd.DataFrame) -> dict[str, pd.Series]:
    """The part of each applicant's and household's caps that existing loans use up.

    Returns:
        `OWED`, of the applicant, at least what the rows say; `existing_product_amount` of it in the product that is
        asked for; and what other members of the household owe: `household_existing_amount`,
        `household_existing_product_amount`, `household_existing_service_month`.
    """
    exposure, service = OWED
    by_home = loans.assign(_home=_home(loans))
    person, home, product = [rows.loc[:, "subject_key"]], [_home(rows)], [rows.loc[:, "product_code"]]
    own = {name: _sum(loans, ["subject_key"], name, person) for name in OWED}
    of_product = _sum(loans, ["subject_key", "product_code"], exposure, person + product)
    all_ = {name: _sum(by_home, ["_home"], name, home) for name in OWED}
    all_of_product = _sum(by_home, ["_home", "product_code"], exposure, home + product)
    return {
        **{name: rows.loc[:, name].where(~(rows[name] < own[name]), own[name]) for name in OWED},
        "existing_product_amount": of_product,
        "household_existing_amount": (all_[exposure] - own[exposure]).round(2),
        "household_existing_product_amount": (all_of_product - of_product).round(2),
        "household_existing_service_month": (all_[service] - own[service]).round(2),
    }


def committed(rows: pd.DataFrame, ledger: pd.DataFrame, rules: Policy) -> pd.DataFrame:
    """The part of each applicant's and household's caps that other applications have used up: see `caps.COMMITTED`."""
    ledger = ledger.assign(
        _home=_home(ledger),
        amount=ledger["amount"].astype(float),
        _service=caps.service_month(ledger["amount"], ledger.loc[:, "product_code"], ledger["term_months"], rules),
    )
    person, home, product = [rows.loc[:, "subject_key"]], [_home(rows)], [rows.loc[:, "product_code"]]
    return pd.DataFrame(
        {
            "committed_amount": _sum(ledger, ["subject_key"], "amount", person),
            "committed_product_amount": _sum(ledger, ["subject_key", "product_code"], "amount", person + product),
            "committed_service_month": _sum(ledger, ["subject_key"], "_service", person),
            "household_committed_amount": _sum(ledger, ["_home"], "amount", home),
            "household_committed_product_amount": _sum(ledger, ["_home", "product_code"], "amount", home + product),
            "household_committed_service_month": _sum(ledger, ["_home"], "_service", home),
        }
    )


def _sum(ledger: pd.DataFrame, key: list[str], amount: str, of: list[pd.Series]) -> pd.Series:
    """Sum of an amount for each of the keys; 0 for keys without rows."""
    totals = ledger.groupby(key)[amount].sum()
    sums = totals.reindex(of[0] if len(of) == 1 else pd.MultiIndex.from_arrays(of))
    return pd.Series(sums.to_numpy(float), index=of[0].index).fillna(0.0)


def _together(ledgers: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([each for each in ledgers if len(each)] or ledgers, ignore_index=True)


def _home(rows: pd.DataFrame) -> pd.Series:
    return rows.loc[:, "household_no"].where(rows["household_no"].notna(), rows["subject_key"])


def _granted(decided: pd.DataFrame) -> pd.DataFrame:
    may_be_lent = decided["decision"].isin(MAY_BE_LENT)
    amounts = np.where(may_be_lent, decided["limit_amount"], 0.0)
    return decided.assign(amount=amounts).loc[:, LEDGER]
