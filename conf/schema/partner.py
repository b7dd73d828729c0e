"""Partners: who delivers a source, by which agreement, and the assessments before admission and since."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from conf.schema import yaml_reader
from conf.schema.declaration import Declaration
from conf.schema.languages import SHOWN


class Verdict(StrEnum):
    """The result of an assessment for one aspect."""

    PASSED = "passed"
    CONDITIONAL = "conditional"
    FAILED = "failed"


class AspectFinding(Declaration):
    """The verdict on one aspect, and its grounds in English and Chinese."""

    verdict: Verdict
    en: str
    zh: str


class Assessment(Declaration):
    """An admission or a re-inspection.

    Attributes:
        reference: reference of the file with the evidence.
        assessed_by: office that assessed the partner; an office, not a person's name.
        security, quality, capability: findings on the assessed aspects.
        next_inspection_date: day by which the next inspection is due.
    """

    reference: str = Field(min_length=1)
    assessed_by: str = Field(min_length=1)
    assessed_date: date
    next_inspection_date: date
    security: AspectFinding
    quality: AspectFinding
    capability: AspectFinding

    @property
    def findings(self) -> dict[str, AspectFinding]:
        """Aspect → finding."""
        return {"security": self.security, "quality": self.quality, "capability": self.capability}


class Agreement(Declaration):
    """The contract with a partner; nothing is pulled before its first day or after its last one."""

    reference: str = Field(min_length=1)
    signed_date: date
    valid_from_date: date
    valid_to_date: date

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.signed_date <= self.valid_from_date < self.valid_to_date:
            raise ValueError("an agreement is signed before it begins, and begins before it ends")
        return self


class DeliveryTerms(Declaration):
    """The agreed terms of deliveries.

    Attributes:
        every_days: longest time between two deliveries.
        max_delay_days: longest time from a row's publication by the partner to its receipt.
    """

    every_days: int = Field(gt=0)
    max_delay_days: int = Field(gt=0)


class Partner(Declaration):
    """Who delivers a source, whatever its connection: `farm@api.yaml` and `farm.yaml` have one partner.

    Attributes:
        name: name of the source.
        is_internal: whether it is a system of the bank itself, which needs an assessment but no agreement.
        assessments: the admission, then the re-inspections; oldest first.
    """

    name: str
    is_internal: bool = False
    agreement: Agreement | None = None
    delivery: DeliveryTerms | None = None
    assessments: tuple[Assessment, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.is_internal and self.agreement is None:
            raise ValueError("a partner outside the bank needs an agreement; say is_internal: true of our own systems")
        if any(a.assessed_date >= b.assessed_date for a, b in pairwise(self.assessments)):
            raise ValueError("assessments come in the order of their assessed_date, oldest first")
        return self

    @property
    def latest(self) -> Assessment:
        """The assessment in force, which is the last one."""
        return self.assessments[-1]

    def refusal(self, day: date) -> str | None:
        """Why no data may be pulled on a day; None if they may."""
        terms = self.agreement
        if terms is None or terms.valid_from_date <= day <= terms.valid_to_date:
            return None
        period = (
            f"begins on {terms.valid_from_date}" if day < terms.valid_from_date else f"ended on {terms.valid_to_date}"
        )
        return (
            f"the agreement {terms.reference} with {self.name} {period}, so nothing is pulled on {day}; "
            f"once there is another, put its dates into conf/partners/{self.name}.yaml"
        )


def read(path: Path, languages: Sequence[str] = SHOWN) -> Partner:
    """Read one partner file; its name is the source's name.

    Raises:
        ContractError: the file is not a valid partner.
    """
    return yaml_reader.read(Partner, path, f"partner conf/partners/{path.name} is", languages, name=path.stem)
