"""A simulated loan portfolio with a known truth, and the models fitted on it once per test run."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from conf.schema import workspace
from conf.schema.loan_request import Follows, Repaid
from conf.schema.policy import Policy
from conf.schema.sentences import Sentences
from models import admission, limit, splits

ROWS, FEATURES = 1500, 14
POLICY = workspace.load().policy
ADMISSION = workspace.load().models["admission"]
LIMIT = workspace.load().models["limit"]


@dataclass(frozen=True)
class Entry:
    """A catalogue entry as the models see it."""

    name: str
    window: str
    unit: str
    en: str
    zh: str
    monotone: int
    domain: str
    sentences: Sentences | None = None
    follows: Follows = ()
    repaid: Repaid | None = None


def paying_every(months: int, product: str) -> Policy:
    """The policy with a product that is repaid every so many months."""
    stated = POLICY.products[product].model_copy(update={"payment_every_months": months})
    return POLICY.model_copy(update={"products": POLICY.products | {product: stated}})


# an applicant who earns all that is needed and owes nothing
RICH = {"capacity_year": 9e6, "requested_amount": 9e5, "existing_debt_service_month": 0.0}


def applied(*changes: dict) -> pd.DataFrame:
    """Applications of one person of a household, one a day, with 1,700 CNY free each month."""
    rows = [
        {
            "application_id": f"A{number}", "subject_key": "ann", "household_no": "h1",
            "applied_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=number),
            "pd": 0.06, "capacity_year": 60_000.0, "requested_amount": 50_000.0, "term_months": 12,
            "product_code": "farm_credit", "existing_debt_service_month": 800.0, "existing_exposure": 0.0,
            "has_required_consent": True, "is_source_suspended": False, "history_months": 24.0,
        } | each
        for number, each in enumerate(changes)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _name(j: int) -> str:
    return f"inflow_cny_{3 * (j - 9)}m" if j in (10, 11) else f"feature_{j:02d}_cny"


NAMES = tuple(_name(j) for j in range(FEATURES))
# in turn: raises PD, lowers PD, free; the two windows of one inflow lower it
MONOTONE = {name: -1 if "inflow" in name else (1, -1, 0)[j % 3] for j, name in enumerate(NAMES)}
CATALOGUE = {
    name: Entry(
        name=name,
        window=name.rsplit("_", 1)[1] if "inflow" in name else "",
        unit="cny",
        en=f"Feature {name}",
        zh=f"特征{name}",
        monotone=direction,
        domain=("planting", "breeding", "land", "housing", "banking")[j % 5],
    )
    for j, (name, direction) in enumerate(MONOTONE.items())
}


@cache
def frame(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Training rows in no particular order: keys, features with gaps, both labels."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, FEATURES))
    values[:, 11] = 0.9 * values[:, 10] + 0.4 * values[:, 11]
    effects = np.array([MONOTONE[name] or 0.3 for name in NAMES]) * np.linspace(1.0, 0.1, FEATURES)
    log_odds = -2.6 + values @ effects * 0.7
    bad = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)
    income = np.exp(11 - 0.25 * log_odds + 0.3 * rng.normal(size=rows)) - 20_000
    draw = rng.random(rows)
    known = draw > 0.06
    status = np.select([draw < 0.02, draw < 0.06, bad == 1], ["indeterminate", "immature", "bad"], "good")
    gaps = np.where(rng.random(values.shape) < 0.06, np.nan, values)
    keys = pd.DataFrame(
        {
            "application_id": [f"A{i:010d}" for i in range(rows)],
            "as_of": pd.Timestamp("2023-01-01", tz="UTC") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D"),
            "is_default_12m": np.where(known, bad, np.nan),
            "label_status": status,
            "net_income_12m_cny": np.where(known, income, np.nan),
        }
    )
    valleys = {splits.OUT_OF: rng.choice([f"valley {i}" for i in range(8)], rows)}
    return keys.join(pd.DataFrame(gaps, columns=list(NAMES))).assign(**valleys)


PROXY = NAMES[2]


@cache
def protected() -> pd.DataFrame:
    """Two protected attributes: `PROXY` gives the sex away, nothing the age."""
    rows = frame().set_index("application_id")
    rng = np.random.default_rng(6)
    sex = np.where(rows[PROXY] + 0.3 * rng.normal(size=len(rows)) > 0, "F", "M")
    return pd.DataFrame({"sex": sex, "birth_year": rng.choice(["1950–1969", "1970–1999"], len(rows))}, rows.index)


@cache
def admitted():
    """The admission model, fitted."""
    return admission.fit(frame(), ADMISSION, MONOTONE, POLICY, protected())


@cache
def limited():
    """The limit model, fitted."""
    return limit.fit(frame(), LIMIT, MONOTONE, POLICY, protected())
