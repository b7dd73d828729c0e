"""What makes a loan bad: the typed declaration of a label."""

from decimal import Decimal
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from conf.schema.declaration import Declaration


class Repayment(StrEnum):
    """How a loan is repaid; the values of `repayment_type` in the contract of loans."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BULLET = "bullet"


class Label(Declaration):
    """When a loan counts as bad, as good, or as neither.

    Attributes:
        horizon_months: what fell due in so many months after disbursement is judged. Every loan is watched `bad_days`
            longer, and none is labelled before that window is over, whatever became of it.
        bad_days: days past due (DPD) from which a loan is bad.
        indeterminate_days: DPD from which it is neither good nor bad.
        least_arrears_cny, least_arrears_share: materiality of what is unpaid while the bank reports no DPD of it. The
            days of an unpaid rest count once arrears of the loan so far come to that sum, and either the rest to that
            share of its instalment, or arrears so far to that share of what fell due so far. A DPD that was reported
            counts whatever rest is left, so that one fen less paid hides no default.
        at_maturity: ways of repayment that tell nothing before maturity; such a loan is judged by what falls due when
            it matures, also where that lies beyond the horizon, and is watched `bad_days` longer than that.
    """

    horizon_months: int = Field(ge=1, le=120)
    bad_days: int = Field(ge=1, le=3650)
    indeterminate_days: int = Field(ge=1)
    least_arrears_cny: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    least_arrears_share: Decimal = Field(ge=0, lt=1, max_digits=5, decimal_places=4)
    at_maturity: tuple[Repayment, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.indeterminate_days > self.bad_days:
            raise ValueError(f"indeterminate_days {self.indeterminate_days} lies above bad_days {self.bad_days}")
        return self
