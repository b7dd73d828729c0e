"""Model specs: one YAML per model under `conf/models/`."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from conf.schema import grouping, yaml_reader
from conf.schema.contract import Contract, Text
from conf.schema.declaration import Declaration
from conf.schema.grouping import Grouping
from conf.schema.languages import SHOWN


class ImpactAssessment(Declaration):
    """Reference of the personal-information impact assessment (PIPL art. 55-56)."""

    reference: str = Field(min_length=1)
    assessed_date: date


class Split(Declaration):
    """Which rows a model is tested on, and which are never parted.

    Attributes:
        by: `time`, the latest; or `chance`, some in proportion to the label. Where all tables of the spine are `static`
            rows have no time, and chance it is whatever stands here.
        oot_share: how much of all rows that is; nothing is fitted on them.
        folds: the rest falls into that many parts; each is scored by a model that never saw it.
        folds_by: groups, such as seasons, that are these parts instead: each is scored by a model that learnt from the
            others, of whatever time. Then only the groups of `out_of` are shared out into `folds` parts.
        together: rows of one group, such as a household, never lie on both sides of a fold, nor of a split by chance;
            those that life brings again out of time stay, and the test `both_sides` judges them.
        out_of: groups, such as townships; of a PD `out_of_group` tells how it does in those that it never saw, and of a
            limit `coverage_by_part` how often income reaches the capacity in each.
    """

    by: Literal["time", "chance"] = "time"
    oot_share: float = Field(default=0.25, gt=0, lt=1)
    folds: int = Field(default=5, ge=2)
    folds_by: Grouping | None = None
    together: Grouping | None = None
    out_of: Grouping | None = None

    @property
    def groupings(self) -> dict[str, Grouping]:
        """What applicants are grouped by, by the name of the field that says so."""
        stated = {"folds_by": self.folds_by, "together": self.together, "out_of": self.out_of}
        return {name: each for name, each in stated.items() if each}


class Gate(Declaration):
    """A figure that must lie within bounds before a trained version may become challenger."""

    metric: str
    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError(f"gate {self.metric!r} has neither min nor max; give at least one")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"gate {self.metric!r} has min {self.min:g} above max {self.max:g}, which nothing passes")
        return self


class ThinFile(Declaration):
    """What tells applicants of whom the lender's own data say little: a feature below a bound, or not known.

    Attributes:
        feature: such as months as a customer.
        below: files are thin below it.
    """

    feature: yaml_reader.Name
    below: float = Field(allow_inf_nan=False)


class Joining(Declaration):
    """How the report shows what joining sources is worth.

    Attributes:
        own: the lender's own sources, to which the others are joined one by one and together.
        thin: who has a thin file; without it all applicants are looked at together alone.
    """

    own: tuple[yaml_reader.Name, ...] = Field(min_length=1)
    thin: ThinFile | None = None


class RejectInference(Declaration):
    """That the PD is learnt again with outcomes inferred for those who were declined, to be compared in the report.

    Attributes:
        prudence: bad rate of the declined over that of the lent of the same band of PD, which parcelling assumes.
    """

    prudence: float = Field(default=1.5, ge=1, allow_inf_nan=False)


class Range(Declaration):
    """Values of a parameter that a search tries, both ends included; whole numbers only where both ends are.

    Attributes:
        log: as many between 0.01 and 0.1 as between 0.1 and 1.
    """

    low: int | float
    high: int | float
    log: bool = False

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} isn't below high {self.high:g}; give a range, or fix it in params")
        if self.log and self.low <= 0:
            raise ValueError(f"low {self.low:g} has no logarithm; give one above 0, or leave log out")
        return self


class Search(Declaration):
    """Parameters to try before the model is trained with the best of them.

    Attributes:
        trials: how many.
        space: by XGBoost parameter its values: a range, or a list to choose from.
    """

    trials: int = Field(gt=0)
    space: dict[str, Range | tuple[int | float | str, ...]] = Field(min_length=1)


class About(Declaration):
    """What a reader of the report should know before any figure.

    Attributes:
        purpose: the decision that the model is for.
        population: whom it may be used on.
        limits: what it may not be used for, and where it knows little.
        owner: the unit that answers for it.
        review_months: from its training to the next review.
    """

    purpose: Text
    population: Text
    limits: Text
    owner: Text
    review_months: int = Field(12, gt=0)


class ModelSpec(Declaration):
    """What to train, on what, and what it must reach.

    Attributes:
        kind: how it is learnt, one of `models.KINDS`, e.g. `admission` or `limit`.
        label: column of the training labels.
        features: names to use; None for every declared feature that has a monotone or neutral role.
        exclude: names left out.
        about: purpose, population, limits of use, owner and next review, for the head of the report.
        quantile: for `limit`, the quantile of the target that capacity is (conservative: below 0.5).
        params: XGBoost parameters.
        search: of parameters, judged by held-out folds in order of time, never out of time; none unless given.
        calibration: of a PD, from margins of held-out rows: `platt`, `isotonic` or `beta`, or of them the one that does
            best on folds of time that each follow what it was fitted on (`auto`).
        cross_validate: for a PD, share all rows out by chance as well, into that many folds, and show their AUC beside
            the one out of time.
        joining: for a PD, what joining other sources with the lender's own is worth, shown in the report.
        reject_inference: for a boosted PD, what outcomes inferred for the declined would make of it, in the report;
            the model itself never learns from them.
        impact_assessment: missing → training refuses, unless the data are a public record.
    """

    name: yaml_reader.Name
    kind: str = Field(pattern=r"^[a-z_]+$")
    title: Text
    about: About | None = None
    label: str
    features: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    quantile: float = Field(0.3, gt=0, lt=1)
    split: Split = Split()
    params: dict[str, Any] = Field(default={})
    search: Search | None = None
    rounds: int = Field(400, gt=0)
    early_stopping_rounds: int = Field(30, gt=0)
    seed: int = 7
    calibration: Literal["auto", "platt", "isotonic", "beta"] = "platt"
    cross_validate: int | None = Field(None, ge=2)
    gates: tuple[Gate, ...] = ()
    joining: Joining | None = None
    reject_inference: RejectInference | None = None
    impact_assessment: ImpactAssessment | None = None

    @property
    def is_by_chance(self) -> bool:
        """Whether chance parts the rows, so that nothing is tested out of time."""
        return self.split.by == "chance"

    def by_chance(self) -> Self:
        """The spec for rows without a time."""
        return self.model_copy(update={"split": self.split.model_copy(update={"by": "chance"})})


def read(path: Path, languages: Sequence[str] = SHOWN) -> ModelSpec:
    """Read one model spec; the file's name is the model's name.

    Raises:
        ContractError: the file is not a valid spec.
    """
    return yaml_reader.read(ModelSpec, path, f"{what(path.stem)} is", languages, name=path.stem)


def require_groups(spec: ModelSpec, contracts: Mapping[str, Contract]) -> None:
    """Refuse a spec whose rows can't be grouped as it says.

    Raises:
        ContractError: see `grouping.require_there`.
    """
    for name, each in spec.split.groupings.items():
        grouping.require_there(each, contracts, f"{what(spec.name)} is not valid: split.{name}")


def what(name: str) -> str:
    """How errors call a spec."""
    return f"model conf/models/{name}.yaml"
