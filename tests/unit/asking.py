"""Applicants of the simulated portfolio who ask for an amount and a term and owe something, and models that read it."""

from functools import cache

import numpy as np
import pandas as pd
from portfolio import ADMISSION, CATALOGUE, MONOTONE, NAMES, POLICY, Entry, frame, limited

from conf.schema.loan_request import Repaid
from conf.schema.model import Split
from models import admission
from models.reasons import Judges

FOLLOWS = {
    "amount_cny": (("requested_amount", 1),),
    "asked_months": (("term_months", 1),),
    "instalment_ratio": (("requested_amount", 1), ("term_months", -1)),
}
REPAID = {"owed_ratio": Repaid.ZERO, "arrears_cny": Repaid.BARS}
STEP = float(POLICY.products["farm_credit"].round_down_to)


@cache
def lent() -> pd.DataFrame:
    """Training rows whose risk rises with the instalments asked for and with what is owed."""
    rows, rng = frame(), np.random.default_rng(3)
    amount, term = np.round(rng.lognormal(10.5, 0.7, len(rows)), -2), rng.choice([12.0, 18, 24, 36], len(rows))
    rows = rows.assign(amount_cny=amount, asked_months=term, income_cny=rng.lognormal(10.8, 0.6, len(rows)))
    rows["instalment_ratio"] = amount * 12 / term / rows["income_cny"]
    rows["owed_ratio"] = np.where(rng.random(len(rows)) < 0.5, 0, rng.lognormal(-1.5, 1, len(rows)))
    rows["arrears_cny"] = np.where((rows["owed_ratio"] > 0) & (rng.random(len(rows)) < 0.2), 500.0, 0)
    log_odds = -2 + rows[NAMES[0]].fillna(0) + np.log(rows["instalment_ratio"]) + rows["owed_ratio"]
    bad = (rng.random(len(rows)) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return rows.assign(is_default_12m=bad.where(rows["is_default_12m"].notna()))


@cache
def judges() -> Judges:
    """A quick admission model, the limit model and the policy."""
    monotone = MONOTONE | {"amount_cny": 0, "asked_months": 0, "instalment_ratio": 1, "owed_ratio": 1, "arrears_cny": 1}
    quick = ADMISSION.model_copy(update={"gates": (), "rounds": 60, "split": Split(folds=2)})
    predictor = admission.fit(lent(), quick, monotone, POLICY).predictor
    entries = {
        name: Entry(
            name, "", "cny", name, name, monotone[name], "credit", None, FOLLOWS.get(name, ()), REPAID.get(name)
        )
        for name in (*FOLLOWS, *REPAID)
    }
    return Judges(predictor, limited().predictor, POLICY, CATALOGUE | entries)


def requesting(rows: pd.DataFrame, amount, term) -> pd.DataFrame:
    """The same applicants, everything computed anew for what they ask for."""
    anew = rows.assign(amount_cny=amount, asked_months=term, requested_amount=amount, term_months=term)
    return anew.assign(instalment_ratio=anew["amount_cny"] * 12 / anew["asked_months"] / anew["income_cny"])


def applicants(count: int, **facts) -> pd.DataFrame:
    """The first of those who were lent to, as they apply, who owe nothing; facts as given."""
    stated = {
        "product_code": "farm_credit", "history_months": 24.0, "has_required_consent": True,
        "is_source_suspended": False,
    }  # fmt: skip
    rows = repaid(lent().head(count).reset_index(drop=True)).assign(arrears_cny=0.0)
    return requesting(rows, rows["amount_cny"], rows["asked_months"]).assign(**stated | facts)


def owing(count: int) -> pd.DataFrame:
    """The same with what they owe."""
    rows, learnt = applicants(count), lent().head(count).reset_index(drop=True)
    owed = np.round(learnt["owed_ratio"] * rows["income_cny"], 2)
    return rows.assign(
        owed_ratio=owed / rows["income_cny"],
        arrears_cny=learnt["arrears_cny"],
        existing_exposure=owed,
        existing_debt_service_month=owed / 12,
        existing_product_amount=owed,
    )


def repaid(rows: pd.DataFrame) -> pd.DataFrame:
    """The same applicants, everything computed anew once they have repaid what they owe."""
    nothing = ("owed_ratio", "existing_exposure", "existing_debt_service_month", "existing_product_amount")
    return rows.assign(**dict.fromkeys(nothing, 0.0))
