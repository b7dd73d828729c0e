"""Decisions from a PD and a repayment capacity: score, grade, limit, and reasons for a review by a person.

Pure arithmetic over the dated policy in `conf/policy.yaml`; nothing here is learnt.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from conf.schema.contract import Text
from conf.schema.errors import DataError
from conf.schema.policy import Policy
from models.caps import Constraint, grade_number, limit

# The inputs of a decision: both scores, and facts.
INPUTS = (
    "pd",
    "capacity_year",
    "requested_amount",
    "term_months",
    "product_code",
    "existing_debt_service_month",
    "existing_exposure",
    "has_required_consent",
    "history_months",
    "is_source_suspended",
)
_CHECKED_APART = ("product_code", "has_required_consent", "history_months", "is_source_suspended")
_NUMBERS = tuple(name for name in INPUTS if name not in _CHECKED_APART)


class Decision(StrEnum):
    """The decision about an application. After any decision the applicant may ask for a person (PIPL art. 24)."""

    ADMIT = "admit"
    DECLINE = "decline"
    REFER = "refer"


class ReviewTrigger(StrEnum):
    """Reason why a person decides instead of the models."""

    INPUT_MISSING = "INPUT_MISSING"
    CONSENT_MISSING = "CONSENT_MISSING"
    SOURCE_SUSPENDED = "SOURCE_SUSPENDED"
    THIN_HISTORY = "THIN_HISTORY"
    PD_BETWEEN_BANDS = "PD_BETWEEN_BANDS"
    UNEXPLAINED = "UNEXPLAINED"
    OPTIONAL_DATA_WITHHELD = "OPTIONAL_DATA_WITHHELD"


class DeclineReason(StrEnum):
    """Ground on which an application is declined."""

    PD_ABOVE_CUT_OFF = "PD_ABOVE_CUT_OFF"
    LIMIT_BELOW_MINIMUM = "LIMIT_BELOW_MINIMUM"


TEXTS: dict[StrEnum, Text] = {
    Constraint.REQUESTED: Text(en="Amount requested", zh="申请金额"),
    Constraint.CAPACITY: Text(en="Repayment capacity after existing debt", zh="扣除现有债务后的还款能力"),
    Constraint.GROUP: Text(en="Cap of the risk grade", zh="风险等级额度上限"),
    Constraint.EXPOSURE: Text(
        en="Existing loans within the caps of grade, product and regulation", zh="等级、产品及监管上限内的存量贷款"
    ),
    Constraint.PRODUCT: Text(en="Cap of the product", zh="产品额度上限"),
    Constraint.REGULATION: Text(en="Regulatory cap", zh="监管额度上限"),
    Constraint.APPLICATIONS: Text(
        en="Other applications of the applicant within the caps", zh="额度上限内本人的其他申请"
    ),
    Constraint.HOUSEHOLD: Text(
        en="Caps over the applications and loans of the household", zh="家庭各项申请及贷款合计额度上限"
    ),
    ReviewTrigger.INPUT_MISSING: Text(en="A figure that the decision needs is missing", zh="缺少决策所需数据"),
    ReviewTrigger.CONSENT_MISSING: Text(en="A consent that the decision needs is missing", zh="缺少决策所需授权"),
    ReviewTrigger.SOURCE_SUSPENDED: Text(en="A source of data is suspended or missing", zh="数据来源已暂停或缺失"),
    ReviewTrigger.THIN_HISTORY: Text(en="Account history is too short for the model", zh="账户历史过短"),
    ReviewTrigger.PD_BETWEEN_BANDS: Text(
        en="Probability of default between admission and decline", zh="违约概率介于准入与拒绝之间"
    ),
    ReviewTrigger.UNEXPLAINED: Text(
        en="Nothing that speaks against it may be told as a reason", zh="不利因素均不得作为理由告知"
    ),
    ReviewTrigger.OPTIONAL_DATA_WITHHELD: Text(
        en="Optional data weren't authorised, and without them the models don't admit",
        zh="未授权可选数据，模型无法据此准入",
    ),
    DeclineReason.PD_ABOVE_CUT_OFF: Text(en="Probability of default above the cut-off", zh="违约概率高于准入线"),
    DeclineReason.LIMIT_BELOW_MINIMUM: Text(en="Limit below the smallest loan", zh="低于最低起贷金额"),
}


def score_of_pd(pd_: ArrayLike, policy: Policy) -> np.ndarray:
    """Score of each PD: `score_base` at odds of `score_base_odds` goods to 1 bad, `score_pdo` points double them."""
    factor = policy.score_pdo / np.log(2)
    pd_ = np.clip(np.asarray(pd_, float), 1e-9, 1 - 1e-9)
    return policy.score_base + factor * (np.log((1 - pd_) / pd_) - np.log(policy.score_base_odds))


def grade(pd_: ArrayLike, policy: Policy) -> np.ndarray:
    """Name of the risk grade of each PD: the first whose `max_pd` it doesn't exceed; None where it is missing."""
    names = np.array([*(g.name for g in policy.grades), None], dtype=object)
    return names[grade_number(pd_, policy)]


def decide(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Decide on applications, one per row.

    An applicant with too little data goes to a person, whatever the models predict. The grounds for a decline come
    next, then the band of PD in which a person decides. The limit of a referred application is the reviewer's starting
    point.

    By a policy without limits only the PD and the flags count, and there is neither a limit nor an expected loss.

    Args:
        frame: pd (ratio), capacity_year, requested_amount, term_months, product_code,
            existing_debt_service_month, existing_exposure, has_required_consent, history_months,
            is_source_suspended.

    Returns:
        decision, grade, score, limit_amount, binding_constraint, limit_steps and limit_step_values (`caps.limit`),
        expected_loss (of what is admitted), refer_reasons and decline_reasons (lists of codes).

    Raises:
        DataError: a column is missing or a product is unknown.
    """
    if missing := [name for name in INPUTS if name not in frame]:
        raise DataError(f"a decision needs the columns {missing}; its inputs are {list(INPUTS)}")
    granted, pd_ = _granted(frame, policy), frame["pd"].to_numpy(float)
    limit_amount = granted["limit_amount"].to_numpy(float)
    needed = list(_NUMBERS) if policy.sets_limits else ["pd"]
    is_short = ~(frame["history_months"] >= policy.min_history_months)
    unknown = {
        ReviewTrigger.INPUT_MISSING: np.asarray(frame[needed].isna().to_numpy().any(axis=1)),
        ReviewTrigger.CONSENT_MISSING: ~frame["has_required_consent"].eq(True).to_numpy(bool),
        ReviewTrigger.SOURCE_SUSPENDED: frame["is_source_suspended"].eq(True).to_numpy(bool),
        ReviewTrigger.THIN_HISTORY: is_short.to_numpy(bool) & policy.needs_history,
    }
    known = ~np.logical_or.reduce([*unknown.values()])
    grounds = {
        DeclineReason.PD_ABOVE_CUT_OFF: known & (pd_ > policy.decline_pd),
        DeclineReason.LIMIT_BELOW_MINIMUM: known
        & (pd_ <= policy.decline_pd)
        & (limit_amount < float(policy.min_limit)),
    }
    decline = np.logical_or.reduce([*grounds.values()])
    between = {ReviewTrigger.PD_BETWEEN_BANDS: ~decline & (pd_ > policy.refer_pd) & (pd_ <= policy.decline_pd)}
    refer = ~known | between[ReviewTrigger.PD_BETWEEN_BANDS]
    admitted = np.where(decline | refer, 0.0, limit_amount)
    return pd.DataFrame(
        {
            "decision": np.select([refer, decline], [Decision.REFER, Decision.DECLINE], Decision.ADMIT),
            "grade": grade(pd_, policy),
            "score": score_of_pd(pd_, policy),
            "limit_amount": np.where(decline & policy.sets_limits, 0.0, limit_amount),
            **granted.drop(columns="limit_amount"),
            "expected_loss": expected_loss(np.nan_to_num(pd_), policy.loss_given_default, admitted)
            if policy.sets_limits
            else np.nan,
            "refer_reasons": _codes(unknown | between),
            "decline_reasons": _codes(grounds),
        },
        index=frame.index,
    )


def expected_loss(pd_: ArrayLike, lgd: ArrayLike, ead: ArrayLike) -> np.ndarray:
    """Expected loss in the currency: PD x LGD x EAD."""
    return np.asarray(pd_) * np.asarray(lgd) * np.asarray(ead)


def _granted(frame: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """The limit and its binding constraint; missing under a policy without limits."""
    if policy.sets_limits:
        return limit(frame, policy)
    none: list[list[object]] = [[] for _ in range(len(frame))]
    nothing = {"limit_amount": np.nan, "binding_constraint": None, "limit_steps": none, "limit_step_values": none}
    return pd.DataFrame(nothing, index=frame.index)


def explained(decided: pd.DataFrame, reasons: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Decisions after their reasons are known: a decline by models that has no reason is referred to a person.

    Args:
        decided: what `decide` returned.
        reasons: of each row, see `models.reasons`.
    """
    is_explained = pd.Series([bool(of_row) for of_row in reasons], index=decided.index)
    between = decided["refer_reasons"].map(lambda codes: ReviewTrigger.PD_BETWEEN_BANDS in codes)
    mute = (decided["decision"].eq(Decision.DECLINE) | between) & ~is_explained
    refer, decline = decided["refer_reasons"].copy(), decided["decline_reasons"].copy()
    refer.loc[mute] = refer.loc[mute].map(lambda codes: [*codes, str(ReviewTrigger.UNEXPLAINED)])
    decline.loc[mute] = decline.loc[mute].map(lambda _: [])
    return decided.assign(
        decision=decided["decision"].mask(mute, Decision.REFER), refer_reasons=refer, decline_reasons=decline
    )


def texts(decided: pd.DataFrame) -> list[list[Text]]:
    """The texts of each decision's codes: the reasons for a review, or the grounds for the decline."""
    codes = decided["refer_reasons"] + decided["decline_reasons"]
    by_code = {str(code): text for code, text in TEXTS.items()}
    return [[by_code[code] for code in of_row] for of_row in codes]


def _codes(flags: Mapping[Any, np.ndarray]) -> list[list[str]]:
    names = [str(code) for code in flags]
    rows = np.column_stack([*flags.values()]).tolist()
    return [[name for name, is_set in zip(names, row, strict=True) if is_set] for row in rows]
