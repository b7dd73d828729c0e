"""One column of a contract."""

import re
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from conf.schema import parse
from conf.schema.declaration import Declaration

Format = Literal[
    "resident_id",
    "credit_code",
    "parcel_code",
    "contractor_code",
    "land_contract_code",
    "house_unit_no",
    "division_code",
]
Identifier = Literal["resident_id", "subject", "name", "phone", "address", "card"]
_TYPE = re.compile(r"string|int|long|double|boolean|date|timestamp|decimal\(\d{1,2},\s?\d{1,2}\)")
_TYPES = "string, int, long, double, boolean, date, timestamp and decimal(p,s), such as decimal(12,2)"
_OF_VALUES = ("parse", "min", "max", "values_from", "unit")  # not allowed for a column whose values nobody reads


class Text(Declaration):
    """A text in English and Chinese."""

    en: str
    zh: str


class Reference(Declaration):
    """A key that must exist in another table of silver.

    Attributes:
        same_subject: whether the record referred to must belong to the row's own subject.
    """

    table: str
    column: str
    same_subject: bool = False


class Column(Declaration):
    """One column of a contract.

    Attributes:
        type: string, int, long, double, boolean, date, timestamp or decimal(p,s).
        parse: how the partner writes the value, if not in ISO: a Spark date pattern, `money` for `$1,234.00`,
            `decimal_comma` for `1.234,00 €` (points and blanks separate groups of three digits, so `1,234` is a little
            over one), `words` for a list of names separated by `;`, or `hex` for hexadecimal digits in either case.
        unit: unit of measure, also the ending of the column's name.
        identifier: kind of direct identifier; the value goes to the vault and never to bronze. `subject` is a person's
            number of a kind that no standard defines.
        renamed_from: one or more earlier names of the column; `fieldstone contract migrate` renames stored columns,
            and files and databases may still use the earlier names.
        pseudonym: kind of account or device number; the number is replaced by a keyed token in its place.
        values_from: `consent_texts` allows the SHA-256 of the workspace's consent texts.
        protected: whether it is readable for fairness testing only and never a feature.
        outcome: whether it is known only after the decision; only a label may use it, never a feature.
        sensitivity: `class` of JR/T 0197 in the YAML: C1, C2 or C3.
    """

    type: str
    en: str
    zh: str
    renamed_from: tuple[str, ...] = ()
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

    @field_validator("renamed_from", mode="before")
    @classmethod
    def _one_or_several(cls, stated: Any) -> Any:
        return (stated,) if isinstance(stated, str) else stated

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not _TYPE.fullmatch(self.type):
            raise ValueError(f"type {self.type!r} isn't allowed; give one of {_TYPES}")
        if self.parse:
            parse.require(self.parse, self.type)
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
        """Whether its stored value can't be read: the value is a token, or sealed."""
        return self.pseudonym or self.identifier is not None
