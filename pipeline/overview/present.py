"""The present state of the platform for the start page, in counts and names of versions.

It has no data of persons, and reading it changes nothing.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from conf.schema.clock import day
from conf.schema.column import Text
from conf.schema.naming import model_page, paper_page, parse
from lake import quarantine_outcomes, raw_access, refusals
from lake.erasure import DECISIONS
from lake.schema import BATCH
from lake.selection import ALL
from pipeline import reports
from pipeline.context import Context
from pipeline.overview import models, sources
from pipeline.releases.model_pages import Act
from pipeline.results.everybody import SourceState

_IN_USE = ("champion", "challenger")


@dataclass(frozen=True)
class SourceRow:
    """A source with its rows by layer.

    Attributes:
        state: its connection, its last delivery, and why it is out.
        rows: number of rows in bronze, silver and quarantine.
        refused: number of refused batches and files.
    """

    title: Text
    state: SourceState
    rows: dict[str, int]
    refused: int


@dataclass(frozen=True)
class ReasonCount:
    """Number of rows that wait in quarantine for one reason; a row with two reasons counts for both."""

    code: str
    rows: int
    oldest: datetime


@dataclass(frozen=True)
class ModelRow:
    """A version that is in force or awaits approval.

    Attributes:
        status: status in English and Chinese.
        page, paper: paths of its report and of the PDF below the report pages; None if there is none.
        act: the last act on it, with the person, the moment and the reason.
    """

    model: Text
    version: str
    status: tuple[str, str]
    gates: str
    page: str | None
    paper: str | None
    act: Act | None


def source_rows(context: Context) -> list[SourceRow]:
    """The present state of every source."""
    refused = Counter(parse(f"bronze_{each.source_table}").source for each in refusals.standing(context.lake).values())
    return [
        SourceRow(
            context.workspace.source(state.name).title,
            state,
            {layer: _rows(context, layer, state) for layer in ("bronze", "silver", "quarantine")},
            refused[state.name],
        )
        for state in sources.states(context)
    ]


def gold_rows(context: Context) -> dict[str, int]:
    """Rows by table of gold."""
    return {table: context.lake.count(table) for table in context.lake.tables() if parse(table).layer == "gold"}


def waiting(context: Context) -> list[ReasonCount]:
    """Rows of quarantine that are neither released nor dropped, by reason; most rows first."""
    rows: Counter[str] = Counter()
    oldest: dict[str, datetime] = {}
    for contract in context.workspace.contracts.values():
        if not context.lake.exists(table := contract.named("quarantine")):
            continue
        done, seen = quarantine_outcomes.resolved_rows(context.lake, contract.table), set()
        for row in raw_access.chosen(context.lake, table, ALL, [BATCH, "_row_hash", "reasons", "quarantined_at"]):
            key = row[BATCH], row["_row_hash"]
            if key in done or key in seen:  # equal rows count once
                continue
            seen.add(key)
            rows.update(row["reasons"])
            at: datetime = row["quarantined_at"]
            oldest |= {code: min(at, oldest.get(code, at)) for code in row["reasons"]}
    return [ReasonCount(code, count, oldest[code]) for code, count in sorted(rows.items(), key=lambda n: (-n[1], n[0]))]


def model_rows(context: Context) -> list[ModelRow]:
    """Champions and challengers, by model."""
    return [
        ModelRow(
            context.workspace.model(name).title,
            row.version,
            row.status,
            row.gates,
            _there(context, model_page(name, row.version)),
            _there(context, paper_page(name, row.version)),
            row.acts[-1] if row.acts else None,
        )
        for name, versions in models.versions(context).items()
        for row in versions
        if row.status[0] in _IN_USE
    ]


def decisions(context: Context) -> dict[date, Counter[str]]:
    """Decisions by day and outcome, the latest day first."""
    outcomes_of: dict[date, Counter[str]] = {}
    if context.lake.exists(DECISIONS):
        for row in raw_access.counts(context.lake, DECISIONS, ["decision", "decided_at"]):
            outcomes_of.setdefault(day(row["decided_at"], context.zone), Counter())[row["decision"]] += row["count"]
    return dict(sorted(outcomes_of.items(), reverse=True))


def _rows(context: Context, layer: str, state: SourceState) -> int:
    tables = [context.workspace.contract(name).named(layer) for name in state.tables]
    return sum(context.lake.count(table) for table in tables if context.lake.exists(table))


def _there(context: Context, page: str) -> str | None:
    return page if (reports.folder(context.workspace) / page).exists() else None
