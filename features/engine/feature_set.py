"""A collected feature set: its columns, and the aggregates that the columns are computed from."""

from dataclasses import dataclass, field, replace
from typing import Literal

from conf.schema.contract import Purpose
from conf.schema.loan_request import Follows, Repaid
from conf.schema.sentences import Sentences
from features.engine.records import Aggregate, names

Kind = Literal["records", "request", "derived"]


@dataclass(frozen=True)
class FeatureColumn:
    """One column of a feature table and its entry in the catalogue.

    Attributes:
        table: contract of the table that the column comes from; names of several tables are joined by ` + `.
        window: suffix of the window, e.g. `12m`; empty if the feature has no window.
        en, zh: description in English and Chinese, for reasons and the catalogue.
        monotone: +1 if a higher value raises the probability of default, -1 if it lowers it, 0 if this isn't certain.
        domain: module that declares the column.
        kind: computed from records, from the application itself (`request`), or from other columns (`derived`).
        sql: formula; by kind, it reads aggregates (`_<table>_<n>`), columns of the spine or other columns.
        sentences: sentences for applicants whose value counts against them.
        follows: how the value follows the requested amount and term, all else being equal; empty if it doesn't.
        repaid: how the value changes once all loans are repaid; None until features are collected.
        is_plain: whether it is an unchanged column of the application, described by its contract.
    """

    name: str
    table: str
    window: str
    unit: str
    en: str
    zh: str
    purposes: tuple[Purpose, ...]
    monotone: int
    domain: str
    kind: Kind
    sql: str
    sentences: Sentences | None = None
    follows: Follows = ()
    repaid: Repaid | None = None
    is_plain: bool = False

    @property
    def tables(self) -> list[str]:
        """Contracts of the tables that the column comes from."""
        return self.table.split(" + ")


@dataclass(frozen=True)
class FeatureSet:
    """Collected features.

    Attributes:
        columns: feature columns in order of declaration, derived columns last.
        measures: table → name → aggregate that columns are computed from.
        keys: table without a subject → its key column → the column of the application that is looked up there.
    """

    columns: tuple[FeatureColumn, ...]
    measures: dict[str, dict[str, Aggregate]] = field(repr=False)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def tables(self) -> list[str]:
        """Contracts of the tables that `assemble` needs."""
        return list(self.measures)

    @property
    def sources(self) -> dict[str, frozenset[str]]:
        """Names of the sources that each column is computed from."""
        return {c.name: frozenset(table.partition("__")[0] for table in c.tables) for c in self.columns}

    @property
    def monotone(self) -> dict[str, int]:
        """Direction of the probability of default by column."""
        return {column.name: column.monotone for column in self.columns}

    def for_purpose(self, purpose: Purpose) -> "FeatureSet":
        """The feature set with only the columns that may be used for a purpose."""
        return self._with(tuple(column for column in self.columns if purpose in column.purposes))

    def only(self, *chosen: str) -> "FeatureSet":
        """The feature set with only the chosen columns and those that they are computed from."""
        return self._with(tuple(column for column in self.columns if column.name in chosen))

    def _with(self, kept: tuple[FeatureColumn, ...]) -> "FeatureSet":
        read = set[str]().union(*(names(column.sql) for column in kept))
        measures = {t: {name: m for name, m in ms.items() if name in read} for t, ms in self.measures.items()}
        return replace(self, columns=kept, measures={t: ms for t, ms in measures.items() if ms})
