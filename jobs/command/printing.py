"""Tables for people: a cell is never shortened, whatever its length and script, and its text isn't read as markup."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table

from conf.schema.counts import counted
from conf.schema.languages import plain
from conf.schema.masks import STARS
from pipeline.results.data_engineers import RowShown, RowsWaiting
from pipeline.results.decisions import DecisionShown, DecisionsListed, ReasonShown
from pipeline.results.everybody import WorkspaceDrafted
from pipeline.results.governance import WithdrawnShare

if TYPE_CHECKING:
    from pipeline.erasure.erasure_request import ErasureRequest

LOG = logging.getLogger(__name__)

# for reviewers; an applicant for whom no change would help isn't shown this
_NOTHING = "no other amount or term would have been", "无其他金额或期限可予准入"
WIDE = 160  # width of a table with long cells, in characters


def table(*heads: str, title: str | None = None) -> Table:
    """An empty table that wraps long words; an ellipsis would lose their end."""
    return Table(*(Column(head, overflow="fold") for head in heads), title=title)


def console(width: int = 110) -> Console:
    """The console for tables: at least this wide, so that piped output stays readable."""
    return Console(width=max(Console().width, width), markup=False, highlight=False, emoji=False)


def print_erasure(request: "ErasureRequest", begun: "ErasureRequest | None") -> None:
    """Print what an erasure does to which rows, and the progress of one that has begun."""
    rows = table("table", "rows", "outcome")
    for item in request.items:
        rows.add_row(item.table, f"{item.rows:,}", str(item.outcome))
    console().print(rows if request.items else "erase: nothing is held that may not be kept")
    if begun:
        LOG.info(f"erase {request.reference}: continues, {len(request.done)} steps are done already")


def print_shares(shares: Sequence[WithdrawnShare]) -> None:
    """Print the share of each version's training subjects whose consents have ended."""
    rows = table("model", "version", "alias", "subjects", "withdrawn", "share", "retrain")
    for each in shares:
        counts = f"{each.subjects:,}", f"{each.withdrawn:,}", f"{each.share:.1%}"
        due = "due" if each.is_retraining_due else ""
        rows.add_row(each.model, each.version, ", ".join(each.aliases), *counts, due)
    console().print(rows)


def print_draft(drafted: WorkspaceDrafted, file: Path) -> None:
    """Print the guesses in the draft for a file, and the next commands."""
    from pipeline.drafting.draft import GUESSED
    from pipeline.drafting.texts import typed

    folder = drafted.folder
    print(f"init: {folder} is drafted from {file.name}, of which a copy lies in {folder / 'data'}")
    print(f"  - {folder / 'data'} may hold customers' data: see that {folder / '.gitignore'} keeps it out of git")
    for line in drafted.notes:
        print(f"  - {line}")
    print(f'look at what is marked "{GUESSED.strip()}" in {folder / "conf"} and {folder / "features"}, then type:')
    print(f"  cd {typed(str(folder))}")
    for step in drafted.next_steps:
        print(f"  {step}")


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
        print(f"    {each.text}")
    print(f"quarantine {name}: {counted(len(rows), 'row')}")


def print_decisions(listed: DecisionsListed, moments: Sequence[str]) -> None:
    """Print decisions, one per line.

    Args:
        moments: moment of each decision, formatted for people.
    """
    rows = table("application", "decided", "decision", "grade")
    for each, moment in zip(listed.decisions, moments, strict=True):
        rows.add_row(each.application, moment, each.decision, STARS if listed.withheld else each.grade or "")
    console().print(rows if listed.decisions else f"decisions: none that may be seen for {listed.purpose}")
    if listed.decisions and listed.withheld:
        print(f"grade: {STARS} ({listed.withheld})")


def print_decision(shown: DecisionShown, decided_at: str, languages: Sequence[str]) -> None:
    """Print a decision, with stars for values that the role may not see.

    Args:
        languages: those shown, `on_pages` of the workspace's.
    """
    print(f"{shown.application}  {shown.decision}, {decided_at}")
    print(f"    by {', '.join(shown.models)}, policy of {shown.policy_from}; {shown.review_route}")
    for title, lines in _of_decision(shown, languages):
        for line in lines:
            print(f"    {title}: {line}")


def _of_decision(shown: DecisionShown, languages: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    yield "ground", [_both(*texts) for texts in shown.grounds]
    if shown.figures is None:
        yield "figures, reasons and steps", [f"{STARS} ({shown.withheld})"]
        return
    yield "figure", [f"{name} {value}" for name, value in shown.figures.items() if value is not None]
    yield "reason", _reasons(shown.reasons or ())
    yield "limit held by", [shown.binding_constraint] if shown.binding_constraint else []
    yield "reason of the limit", _reasons(shown.limit_reasons or ())
    if shown.changes is not None:
        yield (
            "what would be admitted",
            [_both(*texts) for texts in shown.changes] or [plain(*_NOTHING, languages, "  ")],
        )
    yield "step", [f"{step.name} {STARS if step.is_masked else step.value}" for step in shown.steps or ()]


def _reasons(reasons: Sequence[ReasonShown]) -> list[str]:
    return [f"{_both(each.en, each.zh)}{f' ({each.change})' if each.change else ''}" for each in reasons]


def _both(en: str, zh: str) -> str:
    return "  ".join(filter(None, (en, zh)))
