"""How a feature is declared: a small function that returns SQL, with its declaration as decorator beside it.

    transaction = Table("bank__transaction")

    @transaction.feature(windows=[Months(3), Months(12)], unit="cny", zh="{window}农产品销售收入")
    def crop_sales_cny(records: Records) -> str:
        '''Crop sales paid in, {window}.'''
        return records.where("category = 'crop_sale'").sum("amount_cny")

gives the columns `crop_sales_cny_3m` and `crop_sales_cny_12m`. The docstring is the English description. A name ends
in its unit, then the window; flags start with `is_` or `has_`. The module that a feature stands in is its domain.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from conf.schema.contract import Purpose
from conf.schema.errors import ContractError
from conf.schema.loan_request import REQUESTED, Repaid
from conf.schema.sentences import Sentence, Sentences
from features.engine.feature_set import FeatureColumn, Kind
from features.engine.windows import Ever, Window

# purposes of a feature that declares none, as far as the contracts allow them
PURPOSES = (Purpose.CREDIT_ASSESSMENT, Purpose.MODEL_TRAINING, Purpose.POST_LOAN_MONITORING)
Declares: TypeAlias = "Callable[[Callable[..., str]], Feature]"


@dataclass(frozen=True)
class Feature:
    """A declared feature, with one column for each window; the decorators below make it, `collect` gathers it."""

    compute: Callable[..., str]
    kind: Kind
    source: "Table | Request | None"
    beside: "Table | None"
    windows: tuple[Window, ...]
    unit: str
    zh: str | None
    monotone: int
    purposes: tuple[Purpose, ...] | None
    name: str | None
    sentences: Sentences | None
    scales_with: Mapping[str, int] = field(default_factory=dict[str, int])
    once_repaid: Repaid | None = None

    def __post_init__(self):
        who, stem, unit = f"feature {self.compute.__name__!r}", self.name or self.compute.__name__, self.unit
        if self.monotone not in (-1, 0, 1):
            raise ContractError(f"{who}: monotone is {self.monotone!r}; give -1, 0 or 1, the direction of PD")
        if unknown := sorted({*self.scales_with} - {*REQUESTED}):
            raise ContractError(f"{who}: scales_with names {', '.join(unknown)}; give {' or '.join(REQUESTED)}")
        if not all(self.scales_with.values()):
            raise ContractError(
                f"{who}: scales_with has a power of 0; give 1 (in proportion), -1 (inversely) or another"
            )
        if len(self.windows) > 1 and self.name:
            raise ContractError(f"{who}: one name {self.name!r} for {len(self.windows)} windows; leave out name=")
        if not self.en:
            raise ContractError(f"{who}: has no docstring; its first line is the English description")
        if len(self.windows) > 1 and not all("{window}" in text for text in (self.en, self.zh) if text is not None):
            raise ContractError(f"{who}: has several windows, so docstring and zh each need a {{window}} slot")
        if not (stem.startswith(("is_", "has_")) if unit == "flag" else stem == unit or stem.endswith(f"_{unit}")):
            raise ContractError(f"{who}: the name must end in its unit {unit!r}, and a flag start with is_ or has_")

    @property
    def en(self) -> str:
        """The English description: the first line of the function's docstring."""
        return (inspect.getdoc(self.compute) or "").split("\n")[0].rstrip(".")

    def column(self, window: Window, table: str, sql: str, allowed: Collection[Purpose]) -> FeatureColumn:
        """The column of one window.

        Args:
            allowed: purposes that all its tables and columns allow; they count if the feature declares no purposes.

        Raises:
            ContractError: the feature declares no purposes, and `allowed` has none of those that features serve.
        """
        who = f"feature {self.compute.__name__!r} reads {table}"
        purposes = served(who, allowed) if self.purposes is None else self.purposes
        return FeatureColumn(
            name=self.name or "_".join(filter(None, (self.compute.__name__, window.suffix))),
            table=table,
            window=window.suffix,
            unit=self.unit,
            en=self.en.format(window=window.en),
            zh=(self.zh or "").format(window=window.zh),
            purposes=purposes,
            monotone=self.monotone,
            domain=Path(self.compute.__code__.co_filename).stem,
            kind=self.kind,
            sql=sql,
            sentences=self.sentences and self.sentences.of(absent=self._absent, en=window.en, zh=window.zh),
            follows=tuple(self.scales_with.items()),
            repaid=self.once_repaid,
        )

    @property
    def _absent(self) -> Sentence:
        return self.source.absent if isinstance(self.source, Table) else ()


def served(who: str, allowed: Collection[Purpose]) -> tuple[Purpose, ...]:
    """The purposes of a feature that declares none.

    Args:
        who: begin of the error's text, such as `feature 'area_mu' reads SOURCE__ASSET`.
        allowed: purposes that all its tables and columns allow.

    Raises:
        ContractError: `allowed` has none of the purposes that features serve.
    """
    if purposes := tuple(purpose for purpose in PURPOSES if purpose in allowed):
        return purposes
    raise ContractError(
        f"{who}, which may be used for none of {', '.join(PURPOSES)}; say what it is for with purposes="
    )


def _declare(
    kind: Kind,
    source: "Table | Request | None",
    windows: Iterable[Window],
    unit: str,
    zh: str | None,
    monotone: int,
    purposes: Iterable[str] | None,
    name: str | None,
    sentences: Sentences | None,
    beside: "Table | None" = None,
    scales_with: Mapping[str, int] | None = None,
    once_repaid: Repaid | None = None,
) -> Declares:
    stated = None if purposes is None else tuple(map(Purpose, purposes))
    own = (unit, zh, monotone, stated, name, sentences, scales_with or {}, once_repaid)
    return lambda compute: Feature(compute, kind, source, beside, tuple(windows), *own)


@dataclass(frozen=True)
class Table:
    """A contract's table as a source of features; a feature's function gets the `Records` of each window.

    Records are joined through the membership of households if the table has a column with the name that the table of
    memberships (`conf/tables.yaml`) uses for a household's number; else they are joined by their subject.

    Attributes:
        name: the contract's table.
        complete: whether the source knows every record that exists; no record means zero then, and not "unknown".
        counted: additional columns for the table's aggregates, each with its SQL: window functions over the records
            known at `as_of`, by `application_id`; their names begin with `_`.
        absent: sentence for applicants of whom the table has no record to compute a feature from.
    """

    name: str
    complete: bool = False
    counted: tuple[tuple[str, str], ...] = ()
    absent: Sentence = ()

    def feature(
        self,
        *,
        windows: Iterable[Window],
        unit: str,
        zh: str | None = None,
        monotone: int = 0,
        purposes: Iterable[str] | None = None,
        name: str | None = None,
        beside: "Table | None" = None,
        sentences: Sentences | None = None,
        once_repaid: Repaid | None = None,
    ) -> Declares:
        """Declare a feature of this table.

        Args:
            windows: windows of `features.engine.windows`, one column for each.
            unit: unit of measure, also the ending of the name; `flag` for 0 or 1.
            zh: description in Chinese; like the docstring, with a `{window}` slot. Required if the workspace's texts
                have Chinese.
            monotone: direction of the probability of default, if it is economically certain.
            purposes: purposes that the feature serves, at most those that the contract allows. By default all that
                the contract allows, except fairness testing.
            name: the column's full name, in place of the function's name and the window's suffix.
            beside: another table; the function gets all its `Records` as a second argument.
            sentences: sentences for applicants whose value counts against them (`conf.schema.sentences.Sentences`).
                Required for features of models whose workspace decides by a policy.
            once_repaid: how the value changes once all loans are repaid. If one feature declares it, each feature of
                the same tables has to: if a model reads a feature without it, applicants aren't shown what repaying
                would change.
        """
        stated = (unit, zh, monotone, purposes, name, sentences, beside)
        return _declare("records", self, windows, *stated, once_repaid=once_repaid)


@dataclass(frozen=True)
class Request:
    """The application itself as a source of features; the function returns SQL over the columns of the spine."""

    name: str

    def feature(
        self,
        *,
        unit: str,
        zh: str | None = None,
        monotone: int = 0,
        purposes: Iterable[str] | None = None,
        name: str | None = None,
        sentences: Sentences | None = None,
        scales_with: Mapping[str, int] | None = None,
    ) -> Declares:
        """Declare a feature of the application; arguments as in `Table.feature` and `derived`."""
        stated = (unit, zh, monotone, purposes, name, sentences)
        return _declare("request", self, [Ever()], *stated, scales_with=scales_with)


def derived(
    *,
    unit: str,
    zh: str | None = None,
    monotone: int = 0,
    purposes: Iterable[str] | None = None,
    name: str | None = None,
    sentences: Sentences | None = None,
    scales_with: Mapping[str, int] | None = None,
    once_repaid: Repaid | None = None,
) -> Declares:
    """Declare a feature computed from other columns; the function returns SQL over their names.

    Args:
        scales_with: for a feature computed from the requested amount or term: the power of each that the feature is
            proportional to, such as `{"requested_amount": 1, "term_months": -1}` for an instalment, whatever columns
            carry them (`conf/tables.yaml`). If a model reads such a feature without it, applicants aren't shown which
            amount or term would be admitted. Other arguments as in `Table.feature`.
    """
    stated = (unit, zh, monotone, purposes, name, sentences)
    return _declare("derived", None, [Ever()], *stated, scales_with=scales_with, once_repaid=once_repaid)
