"""What makes a loan bad: the typed declaration of each label that comes of days past due, `conf/labels.yaml`."""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, RootModel, model_validator

from conf.schema import yaml_reader
from conf.schema.declaration import Declaration

FILE = "conf/labels.yaml"


class Repayment(StrEnum):
    """How a loan is repaid; the values of `repayment_type` in the contract of loans."""

    EQUAL_INSTALMENT = "equal_instalment"
    EQUAL_PRINCIPAL = "equal_principal"
    INTEREST_ONLY = "interest_only"
    BULLET = "bullet"


class Judged(StrEnum):
    """By which delay a loan is judged: the worst of its window, or that at its end."""

    EVER = "ever"
    AT_END = "at_end"


class Label(Declaration):
    """When a loan counts as bad, as good, or as neither.

    Attributes:
        horizon_months: what fell due in so many months after disbursement is judged. Every loan is watched `bad_days`
            longer, and none is labelled before that window is over, whatever became of it.
        bad_days: days past due (DPD) from which a loan is bad.
        indeterminate_days: DPD from which it is neither good nor bad; `bad_days` where every loan is one of both.
        least_arrears_cny, least_arrears_share: materiality of what is unpaid while the bank reports no DPD of it. The
            days of an unpaid rest count once arrears of the loan so far come to that sum, and either the rest to that
            share of its instalment, or arrears so far to that share of what fell due so far. A DPD that was reported
            counts whatever rest is left, so that one fen less paid hides no default.
        at_maturity: ways of repayment that tell nothing before maturity; such a loan is judged by what falls due when
            it matures, also where that lies beyond the horizon, and is watched `bad_days` longer than that.
        judged: `ever`, by the most days past due that were reached in the window, so that nothing cures; or `at_end`,
            by those on its last day.
        cure_months: for `at_end`, a loan that got bad stays so until it has had nothing past due for so many months,
            those before the window's end (cure; the probation of EBA/GL/2016/07, paragraph 71, is 3).
    """

    horizon_months: int = Field(ge=1, le=120)
    bad_days: int = Field(ge=1, le=3650)
    indeterminate_days: int = Field(ge=1)
    least_arrears_cny: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    least_arrears_share: Decimal = Field(ge=0, lt=1, max_digits=5, decimal_places=4)
    at_maturity: tuple[Repayment, ...] = ()
    judged: Judged = Judged.EVER
    cure_months: int = Field(0, ge=0, le=36)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.indeterminate_days > self.bad_days:
            raise ValueError(f"indeterminate_days {self.indeterminate_days} lies above bad_days {self.bad_days}")
        if self.cure_months and self.judged is Judged.EVER:
            raise ValueError(
                f"cure_months {self.cure_months} cures nothing where loans are judged by the worst that they ever "
                "reached; give judged: at_end, or leave cure_months out"
            )
        return self


class _Labels(RootModel[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Label]]):
    """By the column that says 1 for bad and 0 for good."""


def read(root: Path) -> dict[str, Label]:
    """The labels that a workspace declares, by their column; none where it has no such file.

    Raises:
        ContractError: the file is not valid.
    """
    path = root / FILE
    return yaml_reader.read(_Labels, path, f"{FILE} is").root if path.exists() else {}
