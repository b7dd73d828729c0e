"""Dated rules by which partners are scored and inspected; none of them is a constant in code."""

from datetime import date
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from conf.schema import yaml_reader
from conf.schema.declaration import Declaration


class Weights(Declaration):
    """Weight of each dimension in a batch's quality score; only their proportions matter."""

    completeness: float = Field(ge=0)
    validity: float = Field(ge=0)
    timeliness: float = Field(ge=0)
    uniqueness: float = Field(ge=0)
    stability: float = Field(ge=0)

    @model_validator(mode="after")
    def _something_counts(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError("every dimension has weight 0; give at least one a weight above 0")
        return self


class Limits(Declaration):
    """The limits beyond which a figure is watched, or acted on."""

    watch: float
    act: float


class Inspection(Declaration):
    """The rules in force from `valid_from_date`.

    Attributes:
        every_days: longest time between two inspections of a partner, whatever its own file says.
        warn_days: number of days before a date when the alert on it is raised.
        weights: weights of the dimensions.
        score: quality score of a batch (0 to 100), below which it is watched or acted on.
        fall_points: a score that is so many points below the mean of earlier batches raises an alert.
        rise_share: a share of failing rows that is so much above the mean of earlier batches raises an alert.
        late_share: share of late rows above which a batch raises an alert.
        psi: population stability index of a column, above which it is watched or acted on.
        reference_batches: number of earlier batches that a new one is compared with.
        min_rows: batches and references with fewer rows that passed are too small for a distribution.
        min_cell: a bin with fewer rows is stored as empty, so that no count reveals a person.
    """

    valid_from_date: date
    every_days: int = Field(gt=0)
    warn_days: int = Field(gt=0)
    weights: Weights
    score: Limits
    fall_points: float = Field(gt=0, le=100)
    rise_share: float = Field(gt=0, le=1)
    late_share: float = Field(ge=0, le=1)
    psi: Limits
    reference_batches: int = Field(gt=0)
    min_rows: int = Field(gt=0)
    min_cell: int = Field(gt=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 <= self.score.act <= self.score.watch <= 100:
            raise ValueError(f"score must have 0 <= act <= watch <= 100, not {self.score.act} and {self.score.watch}")
        if not 0 < self.psi.watch <= self.psi.act:
            raise ValueError(f"psi must have 0 < watch <= act, not {self.psi.watch} and {self.psi.act}")
        return self


def read(path: Path) -> Inspection | None:
    """Read the rules; None for a workspace that inspects no partners.

    Raises:
        ContractError: the file is not valid.
    """
    if not path.exists():
        return None
    return yaml_reader.read(Inspection, path, f"inspection rules conf/{path.name} are")
