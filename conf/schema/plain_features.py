"""Columns that become features without any Python: `conf/features.yaml`.

application:            # columns of the application, as in its spine
  bank__application:
    - term_months
    - {column: channel, one_hot: [branch, mobile]}
latest:                 # columns of the record that happened last, among those known at the application's moment
  farm__land:
    - {column: grade_code, ordinal: [C, B, A], name: grade_rank, months: 36}
lookup:                 # columns of a table without a subject, found by a key that the application has
  market__price:
    key: {township_code: home_township_code}
    columns: [price_cny_kg]
"""

from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from conf.schema import yaml_reader
from conf.schema.contract import Purpose
from conf.schema.declaration import Declaration
from conf.schema.languages import SHOWN

FILE = "conf/features.yaml"


class PlainFeature(Declaration):
    """A column that is a feature; by default its unit and description are those of its contract.

    Attributes:
        name: name of the feature, by default the column's; for `one_hot`, the part of a flag's name before the value.
        ordinal: values in order; the feature is their rank from 0. With two values it may be a flag, by its name.
        one_hot: values that become a flag each; without `ordinal` and `one_hot`, all values of the contract do.
        monotone: direction of the probability of default.
        purposes: purposes of the feature; by default all that its contract allows.
        months: highest age of the latest record, in completed months; None has no limit.
    """

    column: str
    name: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    en: str | None = None
    zh: str | None = None
    ordinal: tuple[str, ...] = ()
    one_hot: tuple[str, ...] = ()
    monotone: int = Field(default=0, ge=-1, le=1)
    purposes: tuple[Purpose, ...] = ()
    months: int | None = Field(default=None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, stated: Any) -> Any:
        return {"column": stated} if isinstance(stated, str) else stated

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ordinal and self.one_hot:
            raise ValueError("ordinal and one_hot are given; keep the one that says how its values become numbers")
        if len({*self.values}) < len(self.values) or len(self.ordinal) == 1:
            raise ValueError("a value is listed twice, or is the only one; list each value once, and at least two")
        if (self.en is None) != (self.zh is None):
            raise ValueError("its text is given in some of the languages only; give it in all of them, or in none")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """The values that its encoding names; empty if it has no encoding."""
        return self.ordinal or self.one_hot


class Lookup(Declaration):
    """Columns of a table without a subject, such as a price index: of the latest record known at the moment.

    Attributes:
        key: column of the table → column of the application with the same meaning.
    """

    key: dict[str, str] = Field(min_length=1)
    columns: tuple[PlainFeature, ...]


class PlainFeatures(Declaration):
    """The content of `conf/features.yaml`, by the contract's table."""

    application: dict[str, tuple[PlainFeature, ...]] = Field(default_factory=dict)
    latest: dict[str, tuple[PlainFeature, ...]] = Field(default_factory=dict)
    lookup: dict[str, Lookup] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if aged := [each.column for columns in self.application.values() for each in columns if each.months]:
            raise ValueError(
                f"application: {', '.join(aged)} has months, which only latest and lookup take; take it out"
            )
        return self

    @property
    def encoded(self) -> dict[str, list[PlainFeature]]:
        """Table → its columns with a declared encoding; a column occurs once for each encoding."""
        looked_up = {table: each.columns for table, each in self.lookup.items()}
        parts = (self.application, self.latest, looked_up)
        stated = [(table, each) for part in parts for table in part for each in part[table]]
        tables = dict.fromkeys(table for table, each in stated if each.values)
        return {name: [each for table, each in stated if table == name and each.values] for name in tables}


NO_FEATURES = PlainFeatures()


def read(path: Path, languages: tuple[str, ...] = SHOWN) -> PlainFeatures:
    """Read the file; a workspace without it declares its features only in `features/*.py`.

    Raises:
        ContractError: the file is not valid.
    """
    return yaml_reader.read(PlainFeatures, path, f"{FILE} is", languages) if path.exists() else NO_FEATURES
