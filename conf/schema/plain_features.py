"""Columns that are features without a line of Python: `conf/features.yaml`.

application:            # of the application, as its spine has it
  bank__application:
    - term_months
    - {column: channel, one_hot: [branch, mobile]}
latest:                 # of the record that happened last, of those known at the application's moment
  farm__land:
    - {column: grade_code, ordinal: [C, B, A], name: grade_rank, months: 36}
lookup:                 # of a table without a subject, by a key that the application has
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
    """A column that is a feature; unit and words are those of its contract unless stated.

    Attributes:
        name: of the feature, the column's unless given; of flags of `one_hot` what stands before the value.
        ordinal: values in order, of which the feature is the rank from 0; of two a flag, if it is called so.
        one_hot: values that are each a flag; all that the contract lists unless one of both is given.
        monotone: direction of the probability of default.
        purposes: what it may be used for, all that its contract allows unless given.
        months: how old the latest record may be, in completed months; however old unless given.
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
            raise ValueError("a value comes twice, or stands alone in its order; name each once, and two or more")
        if (self.en is None) != (self.zh is None):
            raise ValueError("its words are given in some of the languages; give all of them, or none")
        return self

    @property
    def values(self) -> tuple[str, ...]:
        """The values that its encoding names, none where it states none."""
        return self.ordinal or self.one_hot


class Lookup(Declaration):
    """Columns of a table without a subject, such as a price index: of the latest record known at the moment.

    Attributes:
        key: column of the table → column of the application that says the same.
    """

    key: dict[str, str] = Field(min_length=1)
    columns: tuple[PlainFeature, ...]


class PlainFeatures(Declaration):
    """What `conf/features.yaml` declares, each by the contract's table."""

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
        """Table → its columns with a stated encoding, each column once for every encoding."""
        looked_up = {table: each.columns for table, each in self.lookup.items()}
        parts = (self.application, self.latest, looked_up)
        stated = [(table, each) for part in parts for table in part for each in part[table]]
        tables = dict.fromkeys(table for table, each in stated if each.values)
        return {name: [each for table, each in stated if table == name and each.values] for name in tables}


NO_FEATURES = PlainFeatures()


def read(path: Path, languages: tuple[str, ...] = SHOWN) -> PlainFeatures:
    """Read the file; a workspace without it declares its features in `features/*.py` alone.

    Raises:
        ContractError: the file is not valid.
    """
    return yaml_reader.read(PlainFeatures, path, f"{FILE} is", languages) if path.exists() else NO_FEATURES
