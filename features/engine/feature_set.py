"""What declared features come to: their columns, and the aggregates that these are computed from."""

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
        table: contract of the table it comes from; several are joined by ` + `.
        window: suffix of the window, e.g. `12m`; empty where there is none.
        en, zh: what it says, for reasons and the catalogue.
        monotone: +1 more of it raises the probability of default, -1 lowers it, 0 not certain.
        domain: module that declares it.
        kind: computed from records, from the application itself (`request`), or from other columns (`derived`).
        sql: formula; over aggregates (`_<table>_<n>`), columns of the spine or other columns, by kind.
        sentences: what applicants are told where it counts against them.
        follows: how it follows amount and term asked for, all else being the same; empty where it doesn't.
        repaid: what becomes of it once all that is owed on loans is repaid; None until features are collected.
        is_plain: it is a column of the application as it is, and its contract says what it is.
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
        """Contracts of the tables it comes from."""
        return self.table.split(" + ")


@dataclass(frozen=True)
class FeatureSet:
    """Collected features.

    Attributes:
        columns: in order of declaration, derived ones last.
        measures: by table, the aggregates that the columns are computed from, by name.
        keys: by table without a subject, its column → the application's by which it is looked up.
    """

    columns: tuple[FeatureColumn, ...]
    measures: dict[str, dict[str, Aggregate]] = field(repr=False)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def tables(self) -> list[str]:
        """Contracts of the tables that `assemble` must be given."""
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
        """Only what may be used for a purpose."""
        return self._with(tuple(column for column in self.columns if purpose in column.purposes))

    def only(self, *chosen: str) -> "FeatureSet":
        """Some columns, and what they are computed from."""
        return self._with(tuple(column for column in self.columns if column.name in chosen))

    def _with(self, kept: tuple[FeatureColumn, ...]) -> "FeatureSet":
        read = set[str]().union(*(names(column.sql) for column in kept))
        measures = {t: {name: m for name, m in ms.items() if name in read} for t, ms in self.measures.items()}
        return replace(self, columns=kept, measures={t: ms for t, ms in measures.items() if ms})
