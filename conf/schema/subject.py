"""The subject of a row, and the kinds of numbers that identify subjects: built in, or of `conf/subjects.yaml`.

A kind declares how its numbers are written, their form before they become a pseudonym, and the checksum that reveals a
mistyped number. Numbers of different kinds are always different subjects, even if they look the same.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, RootModel, model_validator

from conf.schema import identifiers, yaml_reader
from conf.schema.column import Column, Text
from conf.schema.declaration import Declaration, is_mapping
from conf.schema.errors import ContractError
from conf.schema.languages import SHOWN

FILE = "conf/subjects.yaml"
RESIDENT_ID, CREDIT_CODE, OPAQUE = "resident_id", "credit_code", "opaque"
STANDARD = (RESIDENT_ID, CREDIT_CODE)  # numbers of these kinds are checked by their standards
BUILT_IN = (*STANDARD, OPAQUE)
_FORMS: dict[str, Callable[[str], str | None]] = {
    "identifier": identifiers.normalised,
    "number": identifiers.plain_number,
    "text": lambda text: text.strip(identifiers.BLANKS),
}


class SubjectKind(Declaration):
    """A kind of number.

    Attributes:
        name: key of the kind in the YAML.
        pattern: pattern of the whole number in its normalised form.
        normalise: `identifier` (half width, upper case, no blanks around it), `number` (also joins grouped digits, but
            keeps the case of letters) or `text` (only removes blanks around it).
        checksum: name of the standard by which the last characters are computed from those before.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text | None = None
    pattern: str = Field(min_length=1)
    normalise: Literal["identifier", "number", "text"] = "identifier"
    checksum: Literal["luhn", "iso7064_mod11_2", "iso7064_mod97_10"] | None = None

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        require_pattern(self.pattern)
        return self

    def canonical(self, written: str) -> str | None:
        """A number in its form before it becomes a pseudonym; None if it isn't a number of this kind."""
        number = _FORMS[self.normalise](written)
        if not number or not re.fullmatch(self.pattern, number, re.ASCII):
            return None
        return number if self.checksum is None or identifiers.CHECKSUMS[self.checksum](number) else None


def require_pattern(pattern: str) -> None:
    """Make sure that a pattern distinguishes numbers from other texts.

    Raises:
        ValueError: it isn't a regular expression, or even an empty text matches it.
    """
    try:
        is_anything = re.fullmatch(pattern, "", re.ASCII)
    except re.error as error:
        raise ValueError(f"pattern isn't a valid regular expression: {error}") from None
    if is_anything:
        raise ValueError("pattern matches no number at all; state the number of characters, such as C[0-9]{6}")


class Subject(Declaration):
    """The declaration of the subject of a contract's rows.

    Attributes:
        kind: kind of the number: `resident_id`, `credit_code`, `opaque` (defined by the `pattern` of its column), or
            one of `conf/subjects.yaml`.
        rules: the declared rules of a kind without a standard; loading a workspace fills them in.
        min_age_years: lowest age of the person, by the resident ID, on the day of `aged_on`.
        aged_on: column of a moment.
    """

    column: str
    kind: str = RESIDENT_ID
    rules: SubjectKind | None = None
    min_age_years: int | None = Field(default=None, gt=0)
    aged_on: str | None = None

    def require_fitting(self, column: Column) -> None:
        """Make sure that the column with the number is declared as its kind requires.

        Raises:
            ValueError: the declaration doesn't fit the kind.
        """
        who = f"subject column {self.column!r} is of kind {self.kind} and"
        if self.kind in STANDARD:
            if column.identifier == "subject":
                raise ValueError(
                    f"{who} an identifier of another one; write `identifier: resident_id`, or another kind"
                )
            return
        if column.identifier != "subject":
            raise ValueError(f"{who} an identifier {column.identifier}; write `identifier: subject`")
        if (self.kind == OPAQUE) != bool(column.pattern):
            there = "has a pattern, which its kind says" if column.pattern else "has no pattern to tell a number by"
            raise ValueError(
                f"{who} {there}; for kind opaque the column states the pattern of numbers, for other kinds {FILE} does"
            )
        if column.pattern:
            require_pattern(column.pattern)

    def ruled(self, column: Column, kinds: Mapping[str, SubjectKind], who: str) -> Self:
        """The subject with the declared rules of its kind.

        Args:
            who: begin of the error's text.

        Raises:
            ContractError: there is no such kind.
        """
        if self.kind in STANDARD:
            return self
        if self.kind == OPAQUE:
            return self.model_copy(update={"rules": SubjectKind(name=OPAQUE, pattern=str(column.pattern))})
        if self.kind not in kinds:
            there = ", ".join([*BUILT_IN, *kinds])
            raise ContractError(
                f"{who}: there is no kind of subject {self.kind!r}; the kinds are {there}. Declare it in {FILE}"
            )
        return self.model_copy(update={"rules": kinds[self.kind]})

    @property
    def prefix(self) -> str:
        """Text put before a number when it becomes a pseudonym, so that numbers of two kinds never get the same one."""
        return "" if self.kind in STANDARD else f"{self.kind}:"

    def named(self, written: str) -> str | None:
        """The text from which a number's pseudonym is made; None if it isn't a number of the kind."""
        if self.rules:
            number = self.rules.canonical(written)
        else:
            plain = identifiers.normalised(written)
            number = plain if identifiers.FORMATS[self.kind](plain) else None
        return None if number is None else self.prefix + number


class _Kinds(RootModel[dict[str, SubjectKind]]):
    """The file."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, stated: Any) -> Any:
        if not is_mapping(stated):
            return stated
        return {name: {"name": name} | kind if is_mapping(kind) else kind for name, kind in stated.items()}

    @model_validator(mode="after")
    def _are_new(self) -> Self:
        if taken := sorted({*BUILT_IN} & self.root.keys()):
            raise ValueError(f"{', '.join(taken)}: already built in; give your own kind another name")
        return self


def read(path: Path, languages: Sequence[str] = SHOWN) -> dict[str, SubjectKind]:
    """The kinds of a workspace by name; without the file, only the built-in ones.

    Raises:
        ContractError: the file is not valid.
    """
    return yaml_reader.read(_Kinds, path, f"{FILE} is", languages).root if path.exists() else {}
