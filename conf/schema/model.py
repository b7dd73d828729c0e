"""Model specs: one YAML per model under `conf/models/`."""

from collections.abc import Iterable, Mapping, Sequence
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
    """The rows that a model is tested on, and the groups of rows that are never separated.

    Attributes:
        by: `time` tests on the latest days of the workspace's zone; `chance` on a random sample, stratified by the
            label. If all tables of the spine are `static`, rows have no time, and the split is by chance whatever this
            field says.
        oot_share: share of all rows that are tested on; nothing is fitted on them.
        folds: number of parts of the other rows; each part is scored by a model that never saw it.
        folds_by: groups, such as seasons, that serve as these parts: each is scored by a model that learnt from all
            others, earlier and later ones. `folds` then counts only the parts for `out_of`.
        together: groups, such as households, whose rows never lie on both sides of a fold or of a split by chance.
            With a split by time, groups that occur again later stay; the test `both_sides` judges them.
        out_of: groups, such as townships. For a PD, `out_of_group` measures how it performs in groups that it never
            saw; for a limit, `coverage_by_part` how often income reaches the capacity in each group.
    """

    by: Literal["time", "chance"] = "time"
    oot_share: float = Field(default=0.25, gt=0, lt=1)
    folds: int = Field(default=5, ge=2)
    folds_by: Grouping | None = None
    together: Grouping | None = None
    out_of: Grouping | None = None

    @property
    def groupings(self) -> dict[str, Grouping]:
        """Field of this declaration → grouping that it states."""
        stated = {"folds_by": self.folds_by, "together": self.together, "out_of": self.out_of}
        return {name: each for name, each in stated.items() if each}


class Gate(Declaration):
    """Bounds of a metric that a trained version must meet before it may become challenger."""

    metric: str
    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError(f"gate {self.metric!r} has neither min nor max; give at least one")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(
                f"gate {self.metric!r} has min {self.min:g} above max {self.max:g}, so no model can pass; swap or "
                "correct them"
            )
        return self


class ThinFile(Declaration):
    """Definition of a thin file: the lender's own data say little of an applicant with a low or unknown feature.

    Attributes:
        feature: name of the feature, such as months as a customer.
        below: bound of the feature below which a file is thin.
    """

    feature: yaml_reader.Name
    below: float = Field(allow_inf_nan=False)


class Joining(Declaration):
    """How the report measures the benefit of joining sources.

    Attributes:
        own: the lender's own sources; the others are joined to them one by one, and all together.
        thin: definition of a thin file; None examines only all applicants together.
    """

    own: tuple[yaml_reader.Name, ...] = Field(min_length=1)
    thin: ThinFile | None = None


class RejectInference(Declaration):
    """Asks for a second PD model with inferred outcomes of declined applicants, for a comparison in the report.

    Attributes:
        prudence: the ratio that parcelling assumes in each band of PD: bad rate of declined over that of lent loans.
    """

    prudence: float = Field(default=1.5, ge=1, allow_inf_nan=False)


class Range(Declaration):
    """Range of a parameter in a search, both ends included; only whole numbers are tried if both ends are whole.

    Attributes:
        log: whether values are drawn on a logarithmic scale: as many between 0.01 and 0.1 as between 0.1 and 1.
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
        trials: number of parameter sets to try.
        space: parameter, as in `params` → its values: a range, or a list to choose from.
    """

    trials: int = Field(gt=0)
    space: dict[str, Range | tuple[int | float | str, ...]] = Field(min_length=1)


class About(Declaration):
    """Facts that a reader of the report should know before any figure.

    Attributes:
        purpose: the decision that the model is for.
        population: the applicants for whom it may be used.
        limits: uses that aren't allowed, and cases of which it knows little.
        owner: the unit that is responsible for it.
        review_months: months from its training to the next review.
    """

    purpose: Text
    population: Text
    limits: Text
    owner: Text
    review_months: int = Field(12, gt=0)


class ModelSpec(Declaration):
    """A model to train: its data, its method and the gates that it must pass.

    Attributes:
        kind: kind of model, e.g. `admission`, `limit` or `mean_regression`: one of `models.KINDS`, or a file of the
            workspace's folder `kinds/`.
        label: column of the training labels.
        features: names to use; None for every declared feature.
        exclude: names left out.
        about: purpose, population, limits of use, owner and next review, for the head of the report.
        quantile: for `limit`, the quantile of the target that serves as capacity (conservative: below 0.5); for
            `quantile_regression` the one that is predicted.
        monotone: for `quantile_regression` and `mean_regression`, features that more of must never lower (1) or never
            raise (-1) what is predicted; others are free. Other kinds go by the directions in PD that features declare.
        params: parameters of XGBoost, or for `ebm` those that docs/how-to/model.md lists.
        search: parameter search, judged on held-out folds in order of time, never on out-of-time rows; None searches
            nothing.
        calibration: for a PD, the method, fitted on margins of held-out rows: `platt`, `isotonic` or `beta`; `auto`
            takes the one that does best on folds of time that follow the rows it was fitted on.
        central_tendency_months: for a PD, the months before the end of the development rows whose bad rate their mean
            PD is moved to, so that the level is that of late while the ranking is learnt from all; None moves nothing.
        cross_validate: for a PD, number of random folds of all rows, whose AUC is shown beside the out-of-time AUC.
        joining: for a PD, how the report measures the benefit of joining other sources with the lender's own.
        reject_inference: for a boosted PD, how the report shows the effect of inferred outcomes of declined
            applicants; the model itself never learns from them.
        seasonality: for `limit`, a feature that tells how unevenly income comes over a year; the report shows its mean
            by product beside how often the product is paid. The model needn't learn from it.
        impact_assessment: reference of the assessment; without it training refuses, unless the data are a public
            record.
    """

    name: yaml_reader.Name
    kind: str = Field(pattern=r"^[a-z_]+$")
    title: Text
    about: About | None = None
    label: str
    features: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    quantile: float = Field(0.3, gt=0, lt=1)
    monotone: dict[str, Literal[-1, 1]] = Field(default={})
    split: Split = Split()
    params: dict[str, Any] = Field(default={})
    search: Search | None = None
    rounds: int = Field(400, gt=0)
    early_stopping_rounds: int = Field(30, gt=0)
    seed: int = 7
    calibration: Literal["auto", "platt", "isotonic", "beta"] = "platt"
    central_tendency_months: int | None = Field(None, gt=0)
    cross_validate: int | None = Field(None, ge=2)
    gates: tuple[Gate, ...] = ()
    joining: Joining | None = None
    reject_inference: RejectInference | None = None
    seasonality: yaml_reader.Name | None = None
    impact_assessment: ImpactAssessment | None = None

    @property
    def is_by_chance(self) -> bool:
        """Whether rows are split by chance, so that nothing is tested out of time."""
        return self.split.by == "chance"

    def reads(self, declared: Iterable[str]) -> list[str]:
        """Names of the features that the model reads, of those that are declared."""
        return [name for name in self.features or declared if name not in self.exclude]

    def by_chance(self) -> Self:
        """The spec with a split by chance, for rows without a time."""
        return self.model_copy(update={"split": self.split.model_copy(update={"by": "chance"})})


def read(path: Path, languages: Sequence[str] = SHOWN) -> ModelSpec:
    """Read one model spec; the file's name is the model's name.

    Raises:
        ContractError: the file is not a valid spec.
    """
    return yaml_reader.read(ModelSpec, path, f"{what(path.stem)} is", languages, name=path.stem)


def require_groups(spec: ModelSpec, contracts: Mapping[str, Contract]) -> None:
    """Refuse a spec with a grouping that isn't possible.

    Raises:
        ContractError: see `grouping.require_there`.
    """
    for name, each in spec.split.groupings.items():
        grouping.require_there(each, contracts, f"{what(spec.name)} is not valid: split.{name}")


def what(name: str) -> str:
    """Name of a spec in errors."""
    return f"model conf/models/{name}.yaml"
