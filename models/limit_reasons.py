"""Reasons for a limit below the requested amount: each constraint that allows less, the smallest first."""

import pandas as pd

from conf.schema.policy import Policy
from conf.schema.sentences import LATER, NEVER, NOW, Changeability
from models import caps
from models.caps import Constraint
from models.explain import MOST_REASONS, Reason
from models.household_decisions import MAY_BE_LENT


def _reason(constraint: Constraint, change: Changeability, en: str, zh: str) -> Reason:
    return Reason(constraint, 0.0, en, zh, change)


_REASONS = {
    Constraint.REQUESTED: _reason(
        Constraint.REQUESTED,
        NOW,
        "The amount requested isn't a multiple of the amounts in which the product is lent, and is rounded down",
        "申请金额不是产品放款单位的整数倍，已向下取整",
    ),
    Constraint.CAPACITY: _reason(
        Constraint.CAPACITY,
        LATER,
        "The repayment capacity that running loans leave doesn't serve more over the term requested",
        "扣除存量贷款还款后的还款能力，在申请期限内不足以偿还更高金额",
    ),
    Constraint.GROUP: _reason(
        Constraint.GROUP, LATER, "The risk grade allows no higher amount", "风险等级对应的额度上限低于申请金额"
    ),
    Constraint.PRODUCT: _reason(
        Constraint.PRODUCT, NEVER, "The product isn't lent in higher amounts", "申请金额超过该贷款品种的额度上限"
    ),
    Constraint.REGULATION: _reason(
        Constraint.REGULATION,
        NEVER,
        "Regulation allows no higher amount for one borrower",
        "申请金额超过监管规定的单户额度上限",
    ),
    Constraint.EXPOSURE: _reason(
        Constraint.EXPOSURE,
        LATER,
        "Existing loans take part of the cap of the risk grade or of the product",
        "存量贷款已占用部分风险等级或产品额度",
    ),
    Constraint.APPLICATIONS: _reason(
        Constraint.APPLICATIONS, LATER, "Other applications take part of what may be lent", "其他申请已占用部分可贷额度"
    ),
    Constraint.HOUSEHOLD: _reason(
        Constraint.HOUSEHOLD,
        LATER,
        "Applications and loans of the household take part of its caps",
        "家庭各项申请及贷款已占用部分家庭额度",
    ),
}


def of_limits(decided: pd.DataFrame, rules: Policy) -> list[list[Reason]]:
    """Reasons of each limit that is below what was asked for, of what may be lent; none of any other.

    Args:
        decided: what `policy.decide` was given and what it returned.
    """
    if not rules.sets_limits:
        return [[] for _ in range(len(decided))]
    allowed = caps.constraints(decided)
    requested = allowed[Constraint.REQUESTED]
    is_reduced = decided["decision"].isin(MAY_BE_LENT) & (decided["limit_amount"] < requested)
    holds = allowed.lt(requested, axis=0) & caps.takes(decided)
    rows = enumerate(is_reduced & decided["binding_constraint"].notna())
    return [_reasons(allowed.iloc[i], holds.iloc[i], decided.iloc[i]) if reduced else [] for i, reduced in rows]


def _reasons(allowed: pd.Series, holds: pd.Series, decided: pd.Series) -> list[Reason]:
    rising = allowed.sort_values(kind="stable").index
    reasons = [
        _REASONS[Constraint(str(each))] for each in rising if holds.loc[each] or each == decided["binding_constraint"]
    ]
    return reasons[:MOST_REASONS]
