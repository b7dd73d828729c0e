"""The steps of an erasure. Each may be repeated and is logged when done, so that a killed run goes on where it was."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from conf.errors import FieldstoneError
from conf.naming import parse
from jobs import certificate, erasure_request
from jobs.build_features import TRAINING
from jobs.context import Context
from jobs.erasure_request import Request
from lake import proof, scratch, stored
from lake.erasure import DECISIONS, RESTRICTED, Outcome

_TEXTS = (".html", ".json", ".txt", ".csv", ".md")
PROVE = "prove"


def steps(context: Context, request: Request) -> dict[str, Callable[[], dict[str, int]]]:
    """The steps of a request by name, in order: use stops first, keys are destroyed last, then it is proved."""
    erased = {f"erase {table}": partial(_erase, context, request, table) for table in request.tables(Outcome.ERASED)}
    return {
        "restrict": partial(_restrict, context, request),
        "scratch": partial(_scratch, context),
        **erased,
        "artifacts": partial(_redact, context, request),
        PROVE: partial(_prove, context, request),
    }


def carry_out(context: Context, request: Request) -> Path:
    """Do what isn't done yet, while no other job writes, and write the certificate.

    Raises:
        FieldstoneError: the proof found something; the request stays open.
    """
    with undisturbed(context):
        for name, perform in steps(context, request).items():
            if name not in {step.name for step in request.done}:
                request = request.after(name, perform())
                erasure_request.keep(context, request)
    page = certificate.write(context.workspace, request)
    if not any(entry.action == "erase" and request.done[-1].at in entry.details for entry in context.trail.entries()):
        counts = {outcome: sum(i.rows for i in request.items if i.outcome is outcome) for outcome in Outcome}
        context.trail.record(
            request.operator, "erase", reference=request.reference, about=request.about, rows=counts,
            finished_at=request.done[-1].at,
        )  # fmt: skip
    erasure_request.forget(context, request)
    return page


@contextmanager
def undisturbed(context: Context) -> Iterator[None]:
    """Wait until no job writes, and let none begin.

    Raises:
        FieldstoneError: one writes for longer than ten minutes.
    """
    with ExitStack() as held:
        for table in _written_by_jobs(context):
            held.enter_context(context.lake.lock(table, wait_seconds=600))
        yield


def _written_by_jobs(context: Context) -> list[str]:
    contracts = context.workspace.contracts.values()
    layers = [c.named(layer) for c in contracts for layer in ("bronze", "silver")]
    return [*layers, TRAINING, DECISIONS, "vault__keys"]


def _restrict(context: Context, request: Request) -> dict[str, int]:
    """Stop all use of those of whom something stays; before all else, for the rest may take long."""
    if not (request.subjects and request.tables(Outcome.RESTRICTED)):
        return {"subjects": 0}
    known = {record["subject_key"] for record in context.lake.records(RESTRICTED)}
    since = {"reference": request.reference, "restricted_at": datetime.fromisoformat(request.as_of)}
    records = [{"subject_key": key} | since for key in request.subjects if key not in known]
    if records:
        context.lake.append_records(RESTRICTED, records)
    return {"subjects": len(request.subjects)}


def _scratch(context: Context) -> dict[str, int]:
    """Drop what interrupted runs have left: staged rows and a partner's pages, which the next pull asks for again."""
    folder, tables = context.workspace.settings.home / "scratch", context.lake.tables()
    for table in (table for table in tables if parse(table).layer == "bronze"):
        scratch.forget_unadopted(context.lake, table)
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder, ignore_errors=True)
    return {"files": count}


def _erase(context: Context, request: Request, table: str) -> dict[str, int]:
    """Delete rows, and the table's past with them."""
    chosen = [i.where for i in request.items if i.table == table and i.outcome is Outcome.ERASED]
    rows = sum(context.lake.delete(table, where) for where in chosen)
    stored.purge(context.lake, table)
    return {"rows": rows}


def _redact(context: Context, request: Request) -> dict[str, int]:
    """Star numbers of applications in reports and artifacts, which show a few to explain a model."""
    home, count = context.workspace.settings.home, 0
    for path in sorted(p for f in ("reports", "mlflow/artifacts") for p in (home / f).rglob("*") if p.suffix in _TEXTS):
        content = before = path.read_bytes()
        for number in request.redacted:
            content = content.replace(number.encode(), b"*" * len(number))
        if content != before:
            path.write_bytes(content)
            count += 1
    return {"files": count}


def _prove(context: Context, request: Request) -> dict[str, int]:
    home = context.workspace.settings.home
    found = [
        proof.search(home / s.folder, s.values, [home / skipped for skipped in s.skipped]) for s in request.searches
    ]
    if holding := sorted({name for findings in found for name in findings.holding}):
        raise FieldstoneError(
            f"erasure {request.reference} isn't proved: {len(holding):,} files still hold what should be gone "
            f"({', '.join(holding[:5])}); remove or correct them and run the same command again"
        )
    return {"files": sum(f.files for f in found), "bytes": sum(f.bytes for f in found), "findings": 0}
