"""Credit policy: cut-offs, grades, caps and review triggers, dated, never constants in code."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from conf import reading
from conf.errors import FieldstoneError


class Grade(BaseModel):
    """A risk grade: PD up to and including `max_pd`, and the most that anyone in it may owe."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    max_pd: float = Field(gt=0, le=1)
    group_cap_cny: Decimal


class Product(BaseModel):
    """Terms and caps of a loan product; amounts in CNY, `annual_rate` as a ratio."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    annual_rate: float
    cap_cny: Decimal
    regulatory_cap_cny: Decimal
    round_down_to_cny: Decimal = Decimal(100)


class Suspension(BaseModel):
    """What becomes of decisions while a source is out: a person makes them, or they rest on what came last."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    decisions: Literal["refer", "use_last_known"] = "refer"
    max_age_days: int = Field(30, ge=0)


class Policy(BaseModel):
    """The policy in force from `valid_from_date`.

    Attributes:
        decline_pd: PD above which an application is declined (the cut-off).
        refer_pd: PD above which a person decides.
        max_dti: share of monthly income that all debt service may take (debt-to-income).
        min_limit_cny: a limit below it is a decline.
        loss_given_default: share of a loan that is lost when it defaults, for the expected loss.
        required_scopes: consent scopes that a decision needs; without one it is referred.
        min_history_months: months of account history below which a person decides.
        max_withdrawn_share: share of a model version's training subjects whose consent has ended, above which the
            version is to be trained anew.
        when_suspended: by source, what decisions do while it is suspended, and just so while it fails, is later than
            was agreed, or has never come; referred where nothing is said. Last known data may be `max_age_days` old.
        score_pdo, score_base, score_base_odds: score scaling, e.g. 600 at 50:1, PDO 20.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    valid_from_date: date
    decline_pd: float = Field(gt=0, lt=1)
    refer_pd: float = Field(gt=0, lt=1)
    max_dti: float = Field(gt=0, le=1)
    min_limit_cny: Decimal
    loss_given_default: float = Field(gt=0, le=1)
    required_scopes: tuple[str, ...] = ()
    min_history_months: int = 3
    max_withdrawn_share: float = Field(0.05, ge=0, le=1)
    when_suspended: dict[str, Suspension] = {}
    score_base: float = 600
    score_base_odds: float = 50
    score_pdo: float = 20
    grades: tuple[Grade, ...] = Field(min_length=2)
    products: dict[str, Product]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.refer_pd > self.decline_pd:
            raise ValueError(f"refer_pd {self.refer_pd} lies above decline_pd {self.decline_pd}")
        bounds = [grade.max_pd for grade in self.grades]
        if bounds != sorted(set(bounds)) or bounds[-1] != 1:
            raise ValueError(f"max_pd of the grades must rise and end at 1, not {bounds}")
        caps = [grade.group_cap_cny for grade in self.grades]
        if caps != sorted(caps, reverse=True):
            raise ValueError(f"group_cap_cny must not rise from grade to grade: {[str(cap) for cap in caps]}")
        return self

    @model_validator(mode="after")
    def _lends(self) -> Self:
        """A cap under which nothing could be lent would decline everybody, with no reason of their own."""
        caps = {"the best grade": self.grades[0].group_cap_cny}
        for name, product in self.products.items():
            least = min(product.cap_cny, product.regulatory_cap_cny)
            caps[name] = least // product.round_down_to_cny * product.round_down_to_cny
        if short := sorted(name for name, cap in caps.items() if cap < self.min_limit_cny):
            raise ValueError(f"the cap of {', '.join(short)} lies below min_limit_cny {self.min_limit_cny}")
        return self

    def must_hold(self, day: date) -> None:
        """Refuse to decide by a policy that isn't in force yet.

        Raises:
            FieldstoneError: it begins after that day.
        """
        if day < self.valid_from_date:
            raise FieldstoneError(
                f"the policy is valid from {self.valid_from_date}, and decisions are asked for as of {day}; "
                "give conf/policy.yaml the policy of that day, or wait until then"
            )


def read(path: Path) -> Policy | None:
    """Read the policy; a workspace that makes no decisions has none.

    Raises:
        FieldstoneError: the file is not a valid policy.
    """
    if not path.exists():
        return None
    return reading.read(Policy, path, f"policy conf/{path.name} is")
