"""Contracts: one YAML per source table, the only place where its columns are declared."""

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from conf import reading
from conf.clock import latest, midnight, zoned
from conf.errors import FieldstoneError
from conf.naming import layered
from conf.reasons import Reason


class Purpose(StrEnum):
    """What subject data may be used for; every read names one."""

    CREDIT_ASSESSMENT = "credit_assessment"
    MODEL_TRAINING = "model_training"
    POST_LOAN_MONITORING = "post_loan_monitoring"
    FAIRNESS_TESTING = "fairness_testing"


class LawfulBasis(StrEnum):
    """Why a table may be held at all (PIPL art. 13)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    PUBLIC_RECORD = "public_record"


Format = Literal["resident_id", "credit_code", "parcel_code", "house_unit_no", "division_code"]
Identifier = Literal["resident_id", "name", "phone", "address", "card"]
_DAY = timedelta(days=1)
_TYPE = re.compile(r"string|int|long|double|boolean|date|timestamp|decimal\(\d{1,2},\s?\d{1,2}\)")


class Text(BaseModel):
    """A text in English and Chinese."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    en: str
    zh: str


class Reference(BaseModel):
    """A key that must exist in another table of silver.

    Attributes:
        same_subject: what it names must be of the row's own subject.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    table: str
    column: str
    same_subject: bool = False


_OF_VALUES = ("parse", "min", "max", "values_from", "unit")  # what can't be asked of something that nobody reads


_SUBJECT_EXAMPLE = "write `subject: {column: id_no, kind: resident_id}`, and id_no with `identifier: resident_id`"


class Column(BaseModel):
    """One column of a contract.

    Attributes:
        type: string, int, long, double, boolean, date, timestamp or decimal(p,s).
        parse: how the partner writes it, where that isn't ISO: a Spark date pattern, `money` for `$1,234.00`,
            `words` for a list of names that `;` separates, or `hex` for hexadecimal digits in either case.
        unit: unit of measure, also the ending of the column's name.
        identifier: a direct identifier; it goes to the vault and never to bronze.
        pseudonym: an account or device number that is replaced by a keyed token where it stands.
        values_from: `consent_texts` allows the SHA-256 of the workspace's consent texts.
        protected: readable for fairness testing only, never a feature.
        outcome: known only after the decision; never a feature, only a label may use it.
        sensitivity: `class` of JR/T 0197 in the YAML: C1, C2 or C3.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    type: str
    en: str
    zh: str
    parse: str | None = None
    unit: str | None = None
    required: bool = False
    min: float | str | None = None
    max: float | str | None = None
    pattern: str | None = None
    values: tuple[str, ...] | None = None
    values_from: Literal["consent_texts"] | None = None
    format: Format | None = None
    identifier: Identifier | None = None
    pseudonym: bool = False
    protected: bool = False
    outcome: bool = False
    references: Reference | None = None
    sensitivity: Literal["C1", "C2", "C3"] = Field("C1", alias="class")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not _TYPE.fullmatch(self.type):
            raise ValueError(f"type {self.type!r} is not one of {_TYPE.pattern}")
        if self.identifier and self.sensitivity == "C1":
            raise ValueError("an identifier is at least class C2")
        if self.pseudonym and self.identifier:
            raise ValueError("a column is an identifier, which goes to the vault, or a pseudonym, but not both")
        if self.is_opaque:
            unfit = [name for name in _OF_VALUES if getattr(self, name) is not None]
            if unfit or self.type != "string":
                what = f"can't have {', '.join(unfit)}" if unfit else f"must be a string and not {self.type}"
                raise ValueError(f"a pseudonym or identifier {what}; it may have required, values, pattern and format")
        if self.sensitivity == "C3":
            raise ValueError("class C3 (credentials, biometrics) is never stored in this lake")
        return self

    @property
    def is_opaque(self) -> bool:
        """Whether nobody reads what it says once it is stored: it is a token, or sealed."""
        return self.pseudonym or self.identifier is not None


class Rule(BaseModel):
    """A condition over several columns of one row, in Spark SQL; null counts as kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    expr: str
    en: str
    zh: str
    reason: Reason = Reason.RULE_BROKEN


class Subject(BaseModel):
    """Whose data a row is.

    Attributes:
        min_age_years: how old a person must have been, by the resident ID, on the day of `aged_on`.
        aged_on: column of a moment.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    column: str
    kind: Literal["resident_id", "credit_code"] = "resident_id"
    min_age_years: int | None = Field(None, gt=0)
    aged_on: str | None = None


class Contract(BaseModel):
    """A source table: its grain, subject, lawful basis and columns.

    Attributes:
        table: `<source>__<asset>`.
        primary_key: columns that name a record; `subject_key` stands for the subject's identifier.
        event_time: column of the business moment.
        published: column that says when the partner published the row; it becomes `known_at`.
            Without one, the moment of receipt does.
        versioned: later rows of a key are new versions of the record (else a key comes once).
        registers_subject: the subject's identifier goes to the vault although the table holds no other one.
        future_tolerance_minutes: how far a partner's clock may be ahead of ours; the source's unless stated.
        max_failure_share: a batch with a larger share of failing rows stops before silver.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    table: str = Field(pattern=r"^[a-z][a-z0-9]*__[a-z][a-z0-9_]*$")
    title: Text
    grain: str
    primary_key: tuple[str, ...] = Field(min_length=1)
    subject: Subject | None = None
    event_time: str
    published: str | None = None
    versioned: bool = True
    lawful_basis: LawfulBasis
    consent_scope: str | None = None
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    retention_days: int = Field(gt=0)
    registers_subject: bool = False
    future_tolerance_minutes: int | None = Field(None, ge=0)
    max_failure_share: float = Field(0.2, ge=0, le=1)
    columns: dict[str, Column]
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if unknown := {*self.primary_key} - {*self.columns, "subject_key"}:
            declared = ", ".join(self.columns)
            raise ValueError(f"primary_key names undeclared columns {sorted(unknown)}; there are {declared}")
        self._require("event_time", self.event_time, "date or timestamp", "event_time: harvest_date")
        if self.published:  # a day doesn't say when
            self._require("published", self.published, "timestamp", "published: published_at")
        if self.lawful_basis is LawfulBasis.CONSENT and not (self.consent_scope and self.subject):
            raise ValueError("lawful_basis consent needs a consent_scope and a subject")
        if self.subject and (self.subject.min_age_years is None) != (self.subject.aged_on is None):
            raise ValueError("min_age_years and aged_on of the subject are given together, or neither")
        is_aged = self.subject and self.subject.aged_on
        if is_aged and (self.subject.kind != "resident_id" or self.subject.aged_on not in self.columns):
            raise ValueError("aged_on is a column of a moment, and only a resident ID tells an age")
        if self.subject and self.subject.column not in self.columns:
            raise ValueError(f"subject column {self.subject.column!r} is not declared; {_SUBJECT_EXAMPLE}")
        if self.subject and not self.columns[self.subject.column].identifier:
            raise ValueError(f"subject column {self.subject.column!r} must be an identifier; {_SUBJECT_EXAMPLE}")
        for rule in self.rules:
            opaque = [n for n, c in self.columns.items() if c.is_opaque and re.search(rf"\b{n}\b", rule.expr)]
            if opaque:
                raise ValueError(f"rule {rule.name!r} reads {', '.join(opaque)}, which no rule sees but as a token")
        return self

    def _require(self, what: str, name: str, types: str, example: str) -> None:
        """Refuse a column of time that isn't declared as one."""
        fitting = [n for n, c in self.columns.items() if c.type in types.split(" or ") and not c.is_opaque]
        if name not in fitting:
            given = f"is {self.columns[name].type}" if name in self.columns else "is not declared"
            raise ValueError(
                f"{what} names {name!r}, which {given}; it must be a column of type {types}, such as `{example}` "
                f"(here: {', '.join(fitting) or 'there is none'})"
            )
        if not self.columns[name].required and name not in self.primary_key:
            raise ValueError(f"{name} must be required: without it nobody knows how long a row may be kept")

    def with_values(self, known: dict[str, tuple[str, ...]]) -> Self:
        """The contract with every `values_from` replaced by what it stands for."""
        columns = {
            name: column.model_copy(update={"values": known[column.values_from]}) if column.values_from else column
            for name, column in self.columns.items()
        }
        return self.model_copy(update={"columns": columns})

    def in_zone(self, zone: str) -> Self:
        """The contract with each limit of a moment as a moment; a day as a limit lies within it as a whole.

        Raises:
            FieldstoneError: a limit is neither a day nor a moment.
        """
        limited = {n: c for n, c in self.columns.items() if c.type == "timestamp" and (c.min or c.max)}
        limits = {n: {end: self._limit(n, end, zone) for end in ("min", "max")} for n in limited}
        columns = {n: c.model_copy(update=limits.get(n, {})) for n, c in self.columns.items()}
        return self.model_copy(update={"columns": columns})

    def _limit(self, name: str, end: str, zone: str) -> str | None:
        given = getattr(self.columns[name], end)
        if given is None:
            return None
        try:
            moment = zoned(datetime.fromisoformat(str(given)), zone)
        except (ValueError, OverflowError) as error:
            raise FieldstoneError(
                f"contract {self.table}: the {end} of {name} is no day or moment in ISO 8601, such as 2015-01-01"
            ) from error
        if end == "max" and re.fullmatch(r"\d{4}-\d\d-\d\d", str(given)):
            last = date.fromisoformat(str(given))
            moment = latest(zone) if last == date.max else midnight(last + _DAY, zone) - timedelta.resolution
        return moment.isoformat()

    def tolerating(self, minutes: int) -> Self:
        """The contract with its source's tolerance, unless it states one."""
        stated = self.future_tolerance_minutes
        return self.model_copy(update={"future_tolerance_minutes": minutes if stated is None else stated})

    @property
    def source(self) -> str:
        return self.table.split("__")[0]

    @property
    def asset(self) -> str:
        return self.table.split("__")[1]

    @property
    def stored(self) -> dict[str, Column]:
        """The columns that reach bronze: all but direct identifiers."""
        return {name: column for name, column in self.columns.items() if not column.identifier}

    @property
    def identifiers(self) -> dict[str, Column]:
        """The columns that go to the vault."""
        return {name: column for name, column in self.columns.items() if column.identifier}

    def named(self, layer: str) -> str:
        """Name of this contract's table in a layer, e.g. `silver_farm__planting`."""
        return layered(layer, self.table)


def read(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        FieldstoneError: the file is not a valid contract.
    """
    return reading.read(Contract, path, f"contract {path.parent.name}/{path.name} is")
