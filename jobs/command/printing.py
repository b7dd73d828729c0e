"""Tables for people: each cell is whole, however long and in whatever script, and nothing in it is read as markup."""

import logging
from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table

from pipeline.erasure.erasure_request import Request
from pipeline.registry.withdrawn_share import Share
from pipeline.results.data_engineers import RowShown, RowsWaiting

LOG = logging.getLogger(__name__)

WIDE = 160  # columns of a table with long cells


def table(*heads: str, title: str | None = None) -> Table:
    """An empty table, whose long words are folded: an ellipsis would lose their end."""
    return Table(*(Column(head, overflow="fold") for head in heads), title=title)


def console(width: int = 110) -> Console:
    """Where it is printed: at least this wide, so that what is piped stays readable."""
    return Console(width=max(Console().width, width), markup=False, highlight=False, emoji=False)


def print_erasure(request: Request, begun: Request | None) -> None:
    """Print what an erasure does to which rows, and how far one is that was begun."""
    rows = table("table", "rows", "outcome")
    for item in request.items:
        rows.add_row(item.table, f"{item.rows:,}", str(item.outcome))
    console().print(rows if request.items else "erase: nothing is held that may not be kept")
    if begun:
        LOG.info(f"erase {request.reference}: was begun, {len(request.done)} steps are done")


def print_shares(shares: Sequence[Share]) -> None:
    """Print how much of each version's training rests on consents that have ended."""
    rows = table("model", "version", "alias", "subjects", "withdrawn", "share", "retrain")
    for each in shares:
        counts = f"{each.subjects:,}", f"{each.withdrawn:,}", f"{each.share:.1%}"
        due = "due" if each.is_retraining_due else ""
        rows.add_row(each.model, each.version, ", ".join(each.aliases), *counts, due)
    console().print(rows)


def print_waiting(counts: Sequence[RowsWaiting]) -> None:
    """Print how many rows wait in quarantine."""
    rows = table("contract", "batch", "stage", "reason", "rows")
    for each in counts:
        rows.add_row(each.table, each.batch_id, each.stage, each.reason, f"{each.rows:,}")
    console().print(rows if counts else "quarantine: nothing waits")


def print_rows(name: str, rows: Sequence[RowShown]) -> None:
    """Print rows of quarantine of a table."""
    for each in rows:
        print(f"{each.row_id}  {each.batch_id}  {', '.join(each.failed_checks)}")
        print(f"    {each.told}")
    print(f"quarantine {name}: {len(rows):,} rows")
