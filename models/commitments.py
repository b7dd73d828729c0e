"""Several applications of one person, or of one household: decided in turn, each on what the others leave.

What was granted and isn't disbursed yet is no loan that the bank's books show, and counts all the same.
"""

import numpy as np
import pandas as pd

from conf.policy import Policy
from models import policy
from models.policy import Decision

MAY_BE_LENT = (Decision.ADMIT, Decision.REFER)  # the latter by the person whom it was referred to
# What was granted before: of each application its applicant, product, term and amount.
LEDGER = ["application_id", "subject_key", "household_no", "product_code", "term_months", "amount_cny"]


def decide_in_turn(frame: pd.DataFrame, rules: Policy, granted: pd.DataFrame) -> pd.DataFrame:
    """Decide on applications by `policy.decide`, those of a household one after another.

    The order is that of `applied_at`, then of `application_id`. What is admitted, or may be by the person whom it was
    referred to, counts for those that come after it.

    Args:
        frame: what `policy.decide` takes, with application_id, applied_at, subject_key and household_no (None: the
            applicant is a household by herself).
        rules: the policy in force.
        granted: `LEDGER` of what was granted before and is neither disbursed, expired nor withdrawn.

    Returns:
        The rows in their order, with `policy.COMMITTED` and what `policy.decide` returns.
    """
    turn = frame.sort_values(["applied_at", "application_id"])
    parts, ledger = [], [granted[LEDGER]]
    for _, rows in turn.groupby(turn.groupby(_home(turn)).cumcount()):
        asked = rows.join(committed(rows, _together(ledger), rules))
        decided = asked.join(policy.decide(asked, rules))
        parts.append(decided)
        ledger.append(_granted(decided))
    return pd.concat(parts).loc[frame.index]


def committed(rows: pd.DataFrame, ledger: pd.DataFrame, rules: Policy) -> pd.DataFrame:
    """What other applications have taken of each applicant's and household's caps: the columns `policy.COMMITTED`."""
    rates = {code: product.annual_rate for code, product in rules.products.items()}
    rate, months = ledger["product_code"].map(rates).fillna(0), ledger["term_months"].astype(float)
    ledger = ledger.assign(
        _home=_home(ledger),
        amount_cny=ledger["amount_cny"].astype(float),
        _service=ledger["amount_cny"].astype(float) / policy.annuity_value(1, rate, months),
    )
    by_person, by_home = ledger.groupby("subject_key"), ledger.groupby("_home")
    by_product = ledger.groupby(["subject_key", "product_code"])["amount_cny"].sum()
    home, products = _home(rows), pd.MultiIndex.from_frame(rows[["subject_key", "product_code"]])
    taken = {
        "committed_cny": rows["subject_key"].map(by_person["amount_cny"].sum()),
        "committed_product_cny": by_product.reindex(products).to_numpy(),
        "committed_service_cny_month": rows["subject_key"].map(by_person["_service"].sum()),
        "household_committed_cny": home.map(by_home["amount_cny"].sum()),
        "household_committed_service_cny_month": home.map(by_home["_service"].sum()),
    }
    return pd.DataFrame(taken, index=rows.index).astype(float).fillna(0.0)


def _together(ledgers: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([each for each in ledgers if len(each)] or ledgers, ignore_index=True)


def _home(rows: pd.DataFrame) -> pd.Series:
    return rows["household_no"].where(rows["household_no"].notna(), rows["subject_key"])


def _granted(decided: pd.DataFrame) -> pd.DataFrame:
    may_be_lent = decided["decision"].isin(MAY_BE_LENT)
    amounts = np.where(may_be_lent, decided["limit_cny"], 0.0)
    return decided.assign(amount_cny=amounts)[LEDGER]
