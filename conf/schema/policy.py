"""Credit policy: cut-offs, grades, caps and review triggers, dated, never constants in code."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from conf.schema import yaml_reader
from conf.schema.bounds import FEW_DECIMALS, Amount, AnnualRate, Probability, Share, within
from conf.schema.declaration import Declaration
from conf.schema.errors import ContractError

_Name = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$")]  # no blank before or after it
_OF_LIMITS = ("max_dti", "min_limit_cny", "loss_given_default")
_CutOff = Annotated[float, within(0.0001, 0.9999)]


class Grade(Declaration):
    """A risk grade: PD up to and including `max_pd`, and the most that anyone in it may owe, where limits are set."""

    name: _Name
    max_pd: Probability
    group_cap_cny: Amount = Decimal(0)


class Product(Declaration):
    """Terms and caps of a loan product; amounts in the currency, `annual_rate` as a ratio."""

    annual_rate: AnnualRate
    cap_cny: Amount
    regulatory_cap_cny: Amount
    round_down_to_cny: Annotated[Decimal, within(0.01, 1_000_000)] = Decimal(100)


class Suspension(Declaration):
    """What becomes of decisions while a source is out: a person makes them, or they rest on what came last."""

    decisions: Literal["refer", "use_last_known"] = "refer"
    max_age_days: Annotated[int, within(0, 3650)] = 30


class WhenMissing(Declaration):
    """What becomes of decisions where more is missing than when the models were trained.

    Attributes:
        decisions: nothing is decided until somebody has looked, or a person makes them.
        least_known: of the shares that a feature had in training of known values, and of values other than 0, what must
            be there, less what chance explains.
        least_rows: of a table's rows in training, what must be there. Silver only grows, but for what is erased, so a
            tenth that is gone is a loss.
        least_recent: of the rows that became known in the leanest four months of the year before training, what must
            have become known in the last four, less what chance explains. Silver stays as it is when nothing comes.
    """

    decisions: Literal["stop", "refer"] = "stop"
    least_known: Annotated[float, within(0.1, 1), FEW_DECIMALS] = 0.75
    least_rows: Annotated[float, within(0.1, 1), FEW_DECIMALS] = 0.9
    least_recent: Annotated[float, within(0.1, 1), FEW_DECIMALS] = 0.5


class Withholding(Declaration):
    """What may be gained by not authorising data that a decision can do without: nothing beyond a tolerance.

    Attributes:
        max_gain_pd: by how much a PD may fall.
        max_gain_capacity: by what share a repayment capacity may rise.
    """

    max_gain_pd: Annotated[float, within(0, 0.05)] = 0.005
    max_gain_capacity: Annotated[float, within(0, 0.2), FEW_DECIMALS] = 0.05


class Policy(Declaration):
    """The policy in force from `valid_from_date`: of admission, and of limits where it has `products`.

    Its shares have at most 4 decimals.

    One without products says whom to admit and not how much to lend; it leaves out `max_dti`, `min_limit_cny`,
    `loss_given_default` and the caps of grades, and looks at history only where it states `min_history_months`.

    Attributes:
        decline_pd: PD above which an application is declined (the cut-off).
        refer_pd: PD above which a person decides.
        max_dti: share of monthly income that all debt service may take (debt-to-income).
        min_limit_cny: a limit below it is a decline.
        loss_given_default: share of a loan that is lost when it defaults, for the expected loss.
        required_scopes: consent scopes that a decision needs; without one it is referred.
        min_history_months: months of account history below which a person decides.
        approval_valid_days: days after which what was approved and not disbursed has expired and counts no more.
        max_withdrawn_share: share of a model version's training subjects whose consent has ended, above which the
            version is to be trained anew.
        when_suspended: by source, what decisions do while it is suspended, and just so while it fails, is later than
            was agreed, or has never come; referred where nothing is said. Last known data may be `max_age_days` old.
        when_missing: what decisions do where features or tables lack more than in training.
        withholding: what may be gained by withholding optional data.
        score_pdo, score_base, score_base_odds: score scaling, e.g. 600 at 50:1, PDO 20.
    """

    valid_from_date: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2099, 12, 31))]
    decline_pd: _CutOff
    refer_pd: _CutOff
    max_dti: Annotated[float, within(0.01, 1), FEW_DECIMALS] = 1
    min_limit_cny: Amount = Decimal(0)
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
        """Whether it says how much may be lent, and not only to whom."""
        return bool(self.products)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Limits are set wholly or not at all: half of what they need would lend by defaults that nobody chose."""
        if self.sets_limits:
            absent = [name for name in _OF_LIMITS if name not in self.model_fields_set]
            if any("group_cap_cny" not in grade.model_fields_set for grade in self.grades):
                absent.append("group_cap_cny of every grade")
            if absent:
                raise ValueError(f"{', '.join(absent)}: missing, which limits need (products); state them")
            return self
        stated = [name for name in _OF_LIMITS if getattr(self, name) != type(self).model_fields[name].default]
        stated += ["group_cap_cny"] if any(grade.group_cap_cny for grade in self.grades) else []
        if stated:
            raise ValueError(
                f"{', '.join(stated)} is of limits, and there are no products to lend; state products, or leave it out "
                "where only admission is decided"
            )
        if "min_history_months" not in self.model_fields_set:
            object.__setattr__(self, "min_history_months", 0)
        return self

    @property
    def needs_history(self) -> bool:
        """Whether somebody with too short a history goes to a person."""
        return self.sets_limits or self.min_history_months > 0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.refer_pd > self.decline_pd:
            raise ValueError(f"refer_pd {self.refer_pd} lies above decline_pd {self.decline_pd}")
        names = [grade.name for grade in self.grades]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"the grades {', '.join(twice)} come twice; each needs a name of its own")
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
        if not self.sets_limits:
            return self
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
            ContractError: it begins after that day.
        """
        if day < self.valid_from_date:
            raise ContractError(
                f"the policy is valid from {self.valid_from_date}, and decisions are asked for as of {day}; "
                "give conf/policy.yaml the policy of that day, or wait until then"
            )


def read(path: Path) -> Policy | None:
    """Read the policy; a workspace that makes no decisions has none.

    Raises:
        ContractError: the file is not a valid policy.
    """
    if not path.exists():
        return None
    return yaml_reader.read(Policy, path, f"policy conf/{path.name} is")
