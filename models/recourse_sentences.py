"""Sentences on the changes that a declined applicant could make, worded as a loan officer would."""

import pandas as pd

from conf.schema.contract import Text
from conf.schema.languages import currency_zh
from conf.schema.loan_request import AMOUNT, TERM
from models.recourse import Proposal


def of_proposals(decided: pd.DataFrame, currency: str) -> list[list[Text]]:
    """Sentences on each decision's proposals.

    Args:
        decided: with what was asked for, and `proposals`.
        currency: of amounts, as its code of ISO 4217.
    """
    rows = zip(decided["proposals"], decided[AMOUNT], decided[TERM], strict=True)
    return [[_sentence(each, amount, term, currency) for each in proposals] for proposals, amount, term in rows]


def as_request(proposal: Proposal) -> str:
    """A proposal for machines, such as `requested_amount=32000 term_months=12 limit_amount=32000`."""
    return " ".join(f"{name}={value:.15g}" for name, value in vars(proposal).items() if value)


def _sentence(proposal: Proposal, amount: float, term: float, currency: str) -> Text:
    unit, unit_zh = "yuan" if currency == "CNY" else currency, currency_zh(currency)
    requested, before, first, changed_zh = list[str](), list[str](), list[str](), list[str]()
    if proposal.repaid_amount:
        first.append(
            f"the {proposal.repaid_amount:,.15g} {unit} owed on loans were repaid first, all else being as it is"
        )
        changed_zh.append(f"先结清存量贷款{proposal.repaid_amount:,.15g}{unit_zh}（其他情况不变）")
    if proposal.requested_amount != amount:
        requested.append(f"{proposal.requested_amount:,.15g} {unit}")
        before.append(f"{amount:,.15g}")
        changed_zh.append(f"申请金额由{amount:,.15g}{unit_zh}改为{proposal.requested_amount:,.15g}{unit_zh}")
    if proposal.term_months != term:
        months = f"{proposal.term_months:.0f} months"
        requested.append(months if requested else f"a term of {months}")
        before.append(f"{term:.0f}")
        changed_zh.append(f"申请期限由{term:.0f}个月改为{proposal.term_months:.0f}个月")
    other = [f"you asked for {' over '.join(requested)} instead of {' over '.join(before)}"] if requested else []
    is_less = proposal.limit_amount < proposal.requested_amount
    limit = f", with a limit of {proposal.limit_amount:,.15g} {unit}" if is_less else ""
    limit_zh = f"，额度为{proposal.limit_amount:,.15g}{unit_zh}" if is_less else ""
    return Text(
        en=f"If {', and '.join(first + other)}, your application would be "
        f"admitted by today's rules{limit}; it is assessed afresh when you make it, so this is no promise",
        zh=f"若{'、'.join(changed_zh)}，按现行规则可予准入{limit_zh}；须重新申请并以届时审批结果为准，不构成授信承诺",
    )
