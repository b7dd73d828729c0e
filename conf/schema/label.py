"""When a loan is bad: the typed declaration of each label that is defined by days past due, `conf/labels.yaml`."""

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
    """The delay by which a loan is judged: the worst in its window, or that at the end of the window."""

    EVER = "ever"
    AT_END = "at_end"


class Label(Declaration):
    """When a loan counts as bad, as good, or as neither.

    Attributes:
        horizon_months: instalments that fall due in so many months after disbursement are judged. Every loan is watched
            `bad_days` longer, and isn't labelled before this window is over, whatever its course.
        bad_days: days past due (DPD) from which a loan is bad.
        indeterminate_days: DPD from which a loan is neither good nor bad; equal to `bad_days` if no loan is neither.
        least_arrears, least_arrears_share: materiality of an unpaid amount of which the bank reports no DPD. Its
            days count if the loan's arrears so far reach `least_arrears`, and in addition either the amount
            reaches `least_arrears_share` of its instalment, or the arrears so far reach that share of what fell due so
            far. A reported DPD counts whatever amount is left, so that a partial payment can't hide a default.
        at_maturity: repayment types that show nothing before maturity. Such a loan is judged by what falls due at its
            maturity, even beyond the horizon, and is watched `bad_days` longer than that.
        judged: `ever` judges by the highest DPD in the window, so that no loan cures; `at_end` by the DPD on its last
            day.
        cure_months: for `at_end`, a loan that became bad stays bad unless it had nothing past due in so many months
            before the window's end (cure; the probation of EBA/GL/2016/07, paragraph 71, is 3).
    """

    horizon_months: int = Field(ge=1, le=120)
    bad_days: int = Field(ge=1, le=3650)
    indeterminate_days: int = Field(ge=1)
    least_arrears: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
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
                f"cure_months {self.cure_months} has no effect where loans are judged by the worst days past due they "
                "ever reached; give judged: at_end, or leave cure_months out"
            )
        return self


class _Labels(RootModel[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Label]]):
    """Label column (1 bad, 0 good) → declaration."""


def read(root: Path) -> dict[str, Label]:
    """The labels that a workspace declares, by their column; empty if it has no such file.

    Raises:
        ContractError: the file is not valid.
    """
    path = root / FILE
    return yaml_reader.read(_Labels, path, f"{FILE} is").root if path.exists() else {}
