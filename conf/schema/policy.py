"""Credit policy: dated cut-offs, grades, caps and review triggers; none of them is a constant in code."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from conf.schema import yaml_reader
from conf.schema.bounds import FEW_DECIMALS, Amount, AnnualRate, Probability, Share, within
from conf.schema.declaration import Declaration
from conf.schema.errors import ContractError

_Name = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$")]  # no blank at either end
_OF_LIMITS = ("max_dti", "min_limit", "loss_given_default")
_CutOff = Annotated[float, within(0.0001, 0.9999)]


class Grade(Declaration):
    """A risk grade: PD up to and including `max_pd`; if limits are set, also the highest debt of an applicant in it."""

    name: _Name
    max_pd: Probability
    group_cap: Amount = Decimal(0)


class Product(Declaration):
    """Terms and caps of a loan product; amounts in the currency, `annual_rate` as a ratio.

    Attributes:
        payment_every_months: months between payments, such as 12 for a loan repaid once a year after the harvest. What
            a household has free in these months is paid at their end: `models.caps.annuity_value`. A policy is written
            without it where payments are monthly, so that earlier policies keep their SHA-256.
    """

    annual_rate: AnnualRate
    cap: Amount
    regulatory_cap: Amount
    round_down_to: Annotated[Decimal, within(0.01, 1_000_000)] = Decimal(100)
    payment_every_months: Literal[1, 3, 6, 12] = Field(default=1, exclude_if=lambda months: months == 1)


class Suspension(Declaration):
    """How decisions are made while a source is out: by a person, or on the last known data."""

    decisions: Literal["refer", "use_last_known"] = "refer"
    max_age_days: Annotated[int, within(0, 3650)] = 30


class WhenMissing(Declaration):
    """How decisions are made while more data are missing than when the models were trained.

    Attributes:
        decisions: stop until somebody has looked at the data, or let a person decide.
        least_known: for each feature, the fraction that must remain of its shares in training: the share of known
            values, and that of values other than 0. A shortfall that chance explains is allowed.
        least_rows: fraction of a table's rows in training that must remain. Silver only grows, except for erasures, so
            a loss of a tenth is a fault.
        least_recent: of the rows that became known in the leanest four months of the year before training, the
            fraction that must have become known in the last four months. A shortfall that chance explains is allowed.
            This notices a source that delivers nothing, because silver stays unchanged then.
    """

    decisions: Literal["stop", "refer"] = "stop"
    least_known: Annotated[float, within(0.1, 1), FEW_DECIMALS] = 0.75
    least_rows: Annotated[float, within(0.1, 1), FEW_DECIMALS] = 0.9
    least_recent: Annotated[float, within(0.1, 1), FEW_DECIMALS] = 0.5


class Withholding(Declaration):
    """Tolerances on what an applicant gains by not authorising optional data.

    Attributes:
        max_gain_pd: largest fall of a PD.
        max_gain_capacity: largest rise of a repayment capacity, as a share of it.
    """

    max_gain_pd: Annotated[float, within(0, 0.05)] = 0.005
    max_gain_capacity: Annotated[float, within(0, 0.2), FEW_DECIMALS] = 0.05


class Policy(Declaration):
    """The policy in force from `valid_from_date`: for admission and, if it has `products`, for limits.

    Its shares have at most 4 decimals.

    A policy without products decides whom to admit and not how much to lend. It leaves out `max_dti`, `min_limit`,
    `loss_given_default` and the caps of grades, and checks the history only if it states `min_history_months`.

    Attributes:
        decline_pd: PD above which an application is declined (the cut-off).
        refer_pd: PD above which a person decides.
        max_dti: highest share of all debt service in monthly income (debt-to-income).
        min_limit: a lower limit is a decline.
        loss_given_default: share of a loan that is lost when it defaults, for the expected loss.
        required_scopes: consent scopes that a decision needs; if one is missing, the application is referred.
        min_history_months: months of account history below which a person decides.
        approval_valid_days: days after which an approved amount that wasn't disbursed expires and no longer counts.
        max_withdrawn_share: share of a model version's training subjects with ended consent, above which the version
            must be trained anew.
        when_suspended: source → how decisions are made while it is suspended, fails, is later than agreed, or has never
            come; by default they are referred. Last known data may be `max_age_days` old.
        when_missing: how decisions are made while features or tables lack more data than in training.
        withholding: tolerances on what an applicant gains by withholding optional data.
        score_pdo, score_base, score_base_odds: score scaling, e.g. 600 at 50:1, PDO 20.
    """

    valid_from_date: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))]
    decline_pd: _CutOff
    refer_pd: _CutOff
    max_dti: Annotated[float, within(0.01, 1), FEW_DECIMALS] = 1
    min_limit: Amount = Decimal(0)
    loss_given_default: Annotated[float, within(0.01, 1), FEW_DECIMALS] = 1
    required_scopes: tuple[str, ...] = ()
    min_history_months: Annotated[int, within(0, 120)] = 3
    approval_valid_days: Annotated[int, within(1, 730)] = 90
    max_withdrawn_share: Share = 0.05
    when_suspended: dict[str, Suspension] = Field(default={})
    when_missing: WhenMissing = WhenMissing()
    withholding: Withholding = Withholding()
    score_base: Annotated[float, within(0, 10_000)] = 600
    score_base_odds: Annotated[float, within(0.01, 1_000_000)] = 50
    score_pdo: Annotated[float, within(1, 1_000)] = 20
    grades: tuple[Grade, ...] = Field(min_length=2)
    products: dict[_Name, Product] = Field(default={})

    @property
    def sets_limits(self) -> bool:
        """Whether it decides how much may be lent, and not only to whom."""
        return bool(self.products)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Require all fields for limits or none of them; otherwise loans would depend on defaults that nobody chose."""
        if self.sets_limits:
            absent = [name for name in _OF_LIMITS if name not in self.model_fields_set]
            if any("group_cap" not in grade.model_fields_set for grade in self.grades):
                absent.append("group_cap of every grade")
            if absent:
                raise ValueError(f"{', '.join(absent)}: missing, but needed for limits (products); state them")
            return self
        stated = [name for name in _OF_LIMITS if getattr(self, name) != type(self).model_fields[name].default]
        stated += ["group_cap"] if any(grade.group_cap for grade in self.grades) else []
        if stated:
            raise ValueError(
                f"{', '.join(stated)} belongs to limits, but no products are stated; state products, or leave it out "
                "where only admission is decided"
            )
        if "min_history_months" not in self.model_fields_set:
            object.__setattr__(self, "min_history_months", 0)
        return self

    @property
    def needs_history(self) -> bool:
        """Whether an application with too short a history is referred to a person."""
        return self.sets_limits or self.min_history_months > 0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.refer_pd > self.decline_pd:
            raise ValueError(f"refer_pd {self.refer_pd} lies above decline_pd {self.decline_pd}")
        names = [grade.name for grade in self.grades]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the grades {', '.join(twice)} are listed twice; each needs its own name")
        bounds = [grade.max_pd for grade in self.grades]
        if bounds != sorted(set(bounds)) or bounds[-1] != 1:
            raise ValueError(f"max_pd of the grades must rise and end at 1, not {bounds}")
        caps = [grade.group_cap for grade in self.grades]
        if caps != sorted(caps, reverse=True):
            raise ValueError(f"group_cap must not rise from grade to grade: {[str(cap) for cap in caps]}")
        return self

    @model_validator(mode="after")
    def _lends(self) -> Self:
        """Refuse a cap that allows no loan at all; it would decline everybody, for no reason of the applicant's own."""
        if not self.sets_limits:
            return self
        caps = {"the best grade": self.grades[0].group_cap}
        for name, product in self.products.items():
            least = min(product.cap, product.regulatory_cap)
            caps[name] = least // product.round_down_to * product.round_down_to
        if short := sorted(name for name, cap in caps.items() if cap < self.min_limit):
            raise ValueError(f"the cap of {', '.join(short)} lies below min_limit {self.min_limit}")
        return self

    def must_hold(self, day: date) -> None:
        """Make sure that the policy is in force on a day.

        Raises:
            ContractError: it begins after that day.
        """
        if day < self.valid_from_date:
            raise ContractError(
                f"the policy is valid from {self.valid_from_date}, but decisions are requested as of {day}; put the "
                "policy of that day into conf/policy.yaml, or wait until then"
            )


def read(path: Path) -> Policy | None:
    """Read the policy; None for a workspace that makes no decisions.

    Raises:
        ContractError: the file is not a valid policy.
    """
    if not path.exists():
        return None
    return yaml_reader.read(Policy, path, f"policy conf/{path.name} is")
