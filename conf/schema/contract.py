"""Contracts: one YAML per source table, the only place where its columns are declared."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from conf.schema import record_key, time_limits, yaml_reader
from conf.schema.column import Column, Text
from conf.schema.declaration import Declaration, is_mapping
from conf.schema.errors import ContractError
from conf.schema.languages import SHOWN
from conf.schema.naming import layered
from conf.schema.quarantine_reasons import ReasonCode
from conf.schema.subject import RESIDENT_ID, Subject, SubjectKind
from conf.schema.table_roles import TableRole


class Purpose(StrEnum):
    """The purposes for which subject data may be used; every read names one."""

    CREDIT_ASSESSMENT = "credit_assessment"
    MODEL_TRAINING = "model_training"
    POST_LOAN_MONITORING = "post_loan_monitoring"
    FAIRNESS_TESTING = "fairness_testing"


class LawfulBasis(StrEnum):
    """The legal ground on which a table may be stored (PIPL art. 13)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    PUBLIC_RECORD = "public_record"


_SUBJECT_EXAMPLE = "write `subject: {column: id_no, kind: resident_id}`, and id_no with `identifier: resident_id`"
_TIMES = {  # fields that name a column of time: its allowed types, and an example
    "event_time": ("date or timestamp", "event_time: harvest_date"),
    "published": ("timestamp", "published: published_at"),  # a date isn't precise enough
}


class Rule(Declaration):
    """A condition over several columns of one row, in Spark SQL; null counts as met."""

    name: str
    expr: str
    en: str
    zh: str
    reason: ReasonCode = ReasonCode.RULE_BROKEN


class Contract(Declaration):
    """A source table: its grain, subject, lawful basis and columns.

    Attributes:
        table: `<source>__<asset>`.
        grain: what a row stands for; one plain text instead of one by language is shown in every language.
        primary_key: columns that identify a record; `subject_key` stands for the subject's identifier. For rows without
            a number, `{hash_of: row}` or `{hash_of: [a, b]}` adds `record_key` to silver, a hash of these columns.
        key_hash_of: `row` or the columns from which `record_key` is made; filled in from `hash_of`.
        event_time: column of the business moment.
        static: whether rows have no moment; they count from the moment when they became known.
        published: column with the moment when the partner published the row; it becomes `known_at`. A value that is
            only a day counts as the end of the day in the source's time zone, or as the receipt if that is earlier.
            Without such a column, `known_at` is the moment of receipt.
        versioned: whether later rows of a key are new versions of the record; if not, a key may occur only once.
        registers_subject: whether the subject's identifier goes to the vault although no other identifier does.
        future_tolerance_minutes: how far a partner's clock may be ahead of ours; by default that of the source.
        max_failure_share: a batch with a larger share of failing rows stops before silver.
        role: the role that the table plays for the platform; only `conf/tables.yaml` may state it.
        carries: the platform's name of a column of that role → the column's name here.
    """

    table: str = Field(pattern=r"^[a-z][a-z0-9]*__[a-z][a-z0-9_]*$")
    title: Text
    grain: Text
    primary_key: tuple[str, ...] = Field(min_length=1)
    key_hash_of: Literal["row"] | tuple[str, ...] = ()
    subject: Subject | None = None
    static: bool = False
    event_time: str | None = Field(None, validate_default=True)
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
    role: TableRole | None = Field(None, exclude=True)
    carries: dict[str, str] = Field({}, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _with_made_key(cls, stated: Any) -> Any:
        return record_key.declared(stated)

    @field_validator("grain", mode="before")
    @classmethod
    def _as_text(cls, stated: Any) -> Any:
        return {"en": stated, "zh": ""} if isinstance(stated, str) else stated

    @field_validator(*_TIMES, mode="before")
    @classmethod
    def _names_a_column(cls, stated: Any, field: ValidationInfo) -> Any:
        is_needed = field.field_name == "event_time" and not field.data.get("static")
        if not (isinstance(stated, str) and stated) and (stated is not None or is_needed):
            types, example = _TIMES[str(field.field_name)]
            otherwise = ", or `static: true` where rows have no moment" if field.field_name == "event_time" else ""
            raise ValueError(
                f"is {yaml_reader.kind(stated)}, and has to be the name of a column of type {types}, "
                f"such as `{example}`{otherwise}"
            )
        if stated is not None and field.field_name == "event_time" and field.data.get("static"):
            raise ValueError("is given, and `static: true` says that rows have no moment; keep one of both")
        return stated

    @field_validator("subject", mode="before")
    @classmethod
    def _is_a_mapping(cls, stated: Any) -> Any:
        if not (stated is None or is_mapping(stated) or isinstance(stated, Subject)):
            raise ValueError(f"is {yaml_reader.kind(stated)}, and has to say whose data a row is: {_SUBJECT_EXAMPLE}")
        return stated

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        record_key.require(self.primary_key, self.key_hash_of, self.columns)
        earlier = [name for column in self.columns.values() for name in column.renamed_from]
        if taken := sorted({name for name in earlier if name in self.columns or earlier.count(name) > 1}):
            raise ValueError(f"renamed_from names {', '.join(taken)}, which is a column itself or named twice")
        for what in _TIMES:
            if name := getattr(self, what):
                self._require(what, name, *_TIMES[what])
        if self.lawful_basis is LawfulBasis.CONSENT and not (self.consent_scope and self.subject):
            raise ValueError("lawful_basis consent needs a consent_scope and a subject")
        if self.subject and (self.subject.min_age_years is None) != (self.subject.aged_on is None):
            raise ValueError("min_age_years and aged_on of the subject are given together, or neither")
        aged_on = self.subject.aged_on if self.subject else None
        if self.subject and aged_on and (self.subject.kind != RESIDENT_ID or aged_on not in self.columns):
            raise ValueError("aged_on is a column of a moment, and only a resident ID tells an age")
        if self.subject and self.subject.column not in self.columns:
            raise ValueError(f"subject column {self.subject.column!r} is not declared; {_SUBJECT_EXAMPLE}")
        if self.subject and not self.columns[self.subject.column].identifier:
            raise ValueError(f"subject column {self.subject.column!r} must be an identifier; {_SUBJECT_EXAMPLE}")
        if self.subject:
            self.subject.require_fitting(self.columns[self.subject.column])
        for rule in self.rules:
            opaque = [n for n, c in self.columns.items() if c.is_opaque and re.search(rf"\b{n}\b", rule.expr)]
            if opaque:
                raise ValueError(
                    f"rule {rule.name!r} reads {', '.join(opaque)}, which rules see as a token only; take it out of "
                    "the rule"
                )
        return self

    def _require(self, what: str, name: str, types: str, example: str) -> None:
        """Refuse a column of time that isn't declared, or not with a type of time."""
        fitting = [n for n, c in self.columns.items() if c.type in types.split(" or ") and not c.is_opaque]
        if name not in fitting:
            actual = f"is {self.columns[name].type}" if name in self.columns else "is not declared"
            raise ValueError(
                f"{what} names {name!r}, which {actual}; it must be a column of type {types}, such as `{example}` "
                f"(here: {', '.join(fitting) or 'there is none'})"
            )
        if not self.columns[name].required and name not in self.primary_key:
            raise ValueError(f"{name} must be required: it decides how long a row may be kept")

    def with_kind(self, kinds: dict[str, SubjectKind]) -> Self:
        """The contract with the declaration of its subject's kind of number filled in.

        Raises:
            FieldstoneError: there is no such kind.
        """
        if self.subject is None:
            return self
        ruled = self.subject.ruled(self.columns[self.subject.column], kinds, f"contract {self.table}")
        return self.model_copy(update={"subject": ruled})

    def with_values(self, known: dict[str, tuple[str, ...]]) -> Self:
        """The contract with every `values_from` replaced by the values that it stands for."""
        columns = {
            name: column.model_copy(update={"values": known[column.values_from]}) if column.values_from else column
            for name, column in self.columns.items()
        }
        return self.model_copy(update={"columns": columns})

    def in_zone(self, zone: str) -> Self:
        """The contract with the limits of moments as moments; a day as a limit includes the whole day.

        Raises:
            ContractError: a limit is neither a day nor a moment.
        """
        return self.model_copy(update={"columns": time_limits.in_zone(self.columns, zone, f"contract {self.table}")})

    def tolerating(self, minutes: int) -> Self:
        """The contract with its source's clock tolerance, unless it states its own."""
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
    def key_parts(self) -> tuple[str, ...]:
        """The columns that `record_key` is made from; none if the primary key consists of columns."""
        if self.key_hash_of == record_key.ROW:
            return (*self.stored, *(("subject_key",) if self.subject else ()))
        return self.key_hash_of

    @property
    def renamed(self) -> dict[str, str]:
        """Earlier name → present name of the renamed columns."""
        return {before: name for name, column in self.columns.items() for before in column.renamed_from}

    @property
    def identifiers(self) -> dict[str, Column]:
        """The columns that go to the vault."""
        return {name: column for name, column in self.columns.items() if column.identifier}

    @property
    def has_own_names(self) -> bool:
        """Whether a column of the table's role has another name than the platform's."""
        return any(what != name for what, name in self.carries.items())

    def by_role(self, columns: Iterable[str]) -> dict[str, str]:
        """Column → the platform's name if it is a column of the table's role, else its own name.

        A column whose own name is the platform's name of another column is left out.
        """
        ours = {theirs: what for what, theirs in self.carries.items()}
        return {name: ours.get(name, name) for name in columns if name in ours or name not in self.carries}

    def named(self, layer: str) -> str:
        """Name of this contract's table in a layer, e.g. `silver_farm__planting`."""
        return layered(layer, self.table)


def read(path: Path, languages: Sequence[str] = SHOWN) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: the file is not a valid contract.
    """
    contract = yaml_reader.read(Contract, path, f"contract {path.parent.name}/{path.name} is", languages)
    if contract.subject and contract.subject.rules:
        raise ContractError(
            f"contract {contract.table}: rules of a kind are stated in conf/subjects.yaml; take them out"
        )
    if contract.role or contract.carries:
        raise ContractError(f"contract {contract.table}: its role is stated in conf/tables.yaml; take it out here")
    return contract
