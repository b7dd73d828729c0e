"""Reasons why an application was declined, or referred to a person for its risk: one to four of its own, in order.

For a PD beyond a cut-off, the reasons are the differences from applicants at that cut-off. For a limit below the
smallest loan, they are the causes of each constraint that is too low.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from conf.schema.loan_request import Follows, Repaid
from conf.schema.policy import Policy
from conf.schema.sentences import LATER, NOW, Sentences
from models import adverse_direction, caps, explain
from models.caps import Constraint
from models.explain import Described, Reason
from models.policy import DeclineReason, ReviewTrigger
from models.predictor import CapacityPredictor, PdPredictor

_TERM_MONTHS = 12  # months; a longer term is no reason


@dataclass(frozen=True)
class CatalogueEntry:
    """The part of a catalogue entry that reasons need (`explain.Described`)."""

    unit: str
    en: str
    zh: str
    monotone: int
    window: str = ""
    sentences: Sentences | None = None
    follows: Follows = ()
    repaid: Repaid | None = None


TERM, DEBT = "term_months", "existing_debt_service_month"
# parts of a limit that don't come from the models
_SHORT_TERM = Sentences(
    NOW, low=("The term requested is too short for the instalments", "申请期限偏短，每期还款负担较重")
)
_MUCH_DEBT = Sentences(
    LATER, high=("Running loans take much of the repayment capacity", "存量贷款每月还款占用较多还款能力")
)
_REQUESTED_TERM = CatalogueEntry("months", "Term requested", "申请期限", -1, sentences=_SHORT_TERM)
_DEBT_SERVICE = CatalogueEntry(
    "currency_month", "Monthly debt service of running loans", "存量贷款月还款额", 1, sentences=_MUCH_DEBT
)
_REQUESTED = Reason(
    "requested_amount", 0.0, "The amount requested is below the smallest loan", "申请金额低于最低起贷金额", NOW
)
_EXPOSURE = Reason(
    "existing_exposure",
    0.0,
    "Existing loans fill the cap of the risk grade or of the product",
    "存量贷款已占满风险等级或产品额度上限",
    LATER,
)
_APPLICATIONS = Reason(
    "committed_amount", 0.0, "Other applications fill what may be lent", "其他申请已占满可贷额度", LATER
)
_HOUSEHOLD = Reason(
    "household_committed_amount",
    0.0,
    "Applications and loans of the household fill its caps",
    "家庭各项申请及贷款已占满家庭额度上限",
    LATER,
)
_CAPACITY = Reason(
    "capacity_year",
    0.0,
    "The repayment capacity is too low for the smallest loan",
    "还款能力不足以偿还最低起贷金额",
    LATER,
)

# column and code of what a decision says, and the reasons of the rows that say it, of their features and decisions
_Cause = tuple[str, str, Callable[[pd.DataFrame, pd.DataFrame], list[list[Reason]]]]


@dataclass(frozen=True)
class Judges:
    """The models, policy and catalogue of a decision, from which its reasons are computed.

    Attributes:
        admission, limit: the predictors that scored; their hidden features are never named. No limit where none is set.
        rules: the policy that decided.
        catalogue: names in both languages, by feature.
        facts: fact of a decision → the feature that the workspace states for it, which models may read as well.
    """

    admission: PdPredictor
    limit: CapacityPredictor | None
    rules: Policy
    catalogue: Mapping[str, Described]
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


def of_decisions(rows: pd.DataFrame, decided: pd.DataFrame, judges: Judges) -> list[list[Reason]]:
    """Reasons of each decision: of a decline, and of a referral for the PD; none of any other.

    Args:
        rows: the feature rows that were scored.
        decided: of the same rows, what `policy.decide` was given and what it returned.
    """
    rules = judges.rules
    causes: tuple[_Cause, ...] = (
        ("decline_reasons", DeclineReason.PD_ABOVE_CUT_OFF, lambda rows, _: _risk(rows, judges, rules.decline_pd)),
        ("refer_reasons", ReviewTrigger.PD_BETWEEN_BANDS, lambda rows, _: _risk(rows, judges, rules.refer_pd)),
        ("decline_reasons", DeclineReason.LIMIT_BELOW_MINIMUM, lambda rows, decided: _short(rows, decided, judges)),
    )
    reasons = pd.Series([[] for _ in range(len(decided))], index=decided.index, dtype=object)
    for column, code, of in causes:
        has_code = np.array([code in codes for codes in decided[column]], bool)
        reasons[has_code] = pd.Series(of(rows.loc[has_code], decided.loc[has_code]), decided.index[has_code], object)
    return reasons.tolist()


def _risk(rows: pd.DataFrame, judges: Judges, cut_off_pd: float) -> list[list[Reason]]:
    """Reasons that separate applicants beyond a PD from those at it."""
    if rows.empty:
        return []
    scorer = judges.admission
    reference = scorer.reference(cut_off_pd)
    leans = adverse_direction.by(scorer.margin, scorer.thresholds)
    return explain.reasons(scorer.shap_values(rows), rows, reference, judges.catalogue, scorer.hidden, leans)


def _short(rows: pd.DataFrame, decided: pd.DataFrame, judges: Judges) -> list[list[Reason]]:
    """Reasons of limits below the smallest loan: those of each constraint below it, the smallest first."""
    if rows.empty:
        return []
    rules, amounts = judges.rules, caps.constraints(decided)
    below = caps.rounded_down(amounts, decided.loc[:, "product_code"], rules) < float(rules.min_limit)
    below &= caps.takes(decided)
    enough = [grade.max_pd for grade in rules.grades if grade.group_cap >= rules.min_limit]
    causes = {
        Constraint.REQUESTED: [[_REQUESTED]] * len(rows),
        Constraint.CAPACITY: _capacity(rows, decided, judges),
        Constraint.GROUP: _risk(rows, judges, max(enough)),
        Constraint.EXPOSURE: [[_EXPOSURE]] * len(rows),
        Constraint.APPLICATIONS: [[_APPLICATIONS]] * len(rows),
        Constraint.HOUSEHOLD: [[_HOUSEHOLD]] * len(rows),
    }
    return [
        explain.distinct(
            reason
            for name in amounts.iloc[i].sort_values(kind="stable").index
            if below.iloc[i][name]
            for reason in causes[name][i]
        )
        for i in range(len(amounts))
    ]


def _capacity(rows: pd.DataFrame, decided: pd.DataFrame, judges: Judges) -> list[list[Reason]]:
    """What a repayment capacity lacks to serve the smallest loan, shared out in the currency a year.

    Of an average household over twelve months it takes the least. What is lacking is what the features take from the
    average capacity, what existing loans claim first, and what a shorter term adds to the instalments.
    """
    scorer, rules = judges.limit, judges.rules
    if scorer is None:
        return [[_CAPACITY] for _ in range(len(rows))]
    parts, debt = -scorer.shap_values(rows), judges.facts.get(DEBT, DEBT)
    parts[debt] = parts.get(debt, 0.0) + decided[DEBT] * 12 / rules.max_dti
    # instalments of the smallest loan over the term, less those over twelve months
    instalment, longest = (
        caps.service_month(float(rules.min_limit), decided.loc[:, "product_code"], months, rules)
        for months in (decided[TERM], np.maximum(decided[TERM], _TERM_MONTHS))
    )
    parts[TERM] = (instalment - longest) * 12 / rules.max_dti
    values = rows.assign(**{debt: decided[DEBT], TERM: decided[TERM]})
    nothing, names = np.zeros(parts.shape[1]), {**judges.catalogue, debt: _DEBT_SERVICE, TERM: _REQUESTED_TERM}
    leans = adverse_direction.by(lambda row: -scorer.margin(row), scorer.thresholds)
    lacking = explain.reasons(parts, values, nothing, names, scorer.hidden, leans)
    return [reasons or [_CAPACITY] for reasons in lacking]
