"""The steps of an erasure. Each may be repeated and is recorded when completed, so that a killed run can be resumed."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from conf.schema import table_names
from conf.schema.errors import Conflict
from conf.schema.hashing import file_sha256
from conf.schema.naming import parse
from conf.schema.table_names import TRAINING_SUBJECTS
from lake import backups, file_search, raw_access, restrictions, staging
from lake.erasure import DECISIONS, Outcome
from pipeline.consent import restored
from pipeline.context import Context
from pipeline.erasure import certificate, erasure_request, named_elsewhere, taken_seals
from pipeline.erasure.erasure_request import ErasureRequest
from pipeline.features import build_notes
from pipeline.features.build import TRAINING
from pipeline.trail import redactions

_TEXTS = (".html", ".json", ".txt", ".csv", ".md")
PROVE = "prove"
GONE = "erased"  # replaces a consent's number


def steps(context: Context, request: ErasureRequest) -> dict[str, Callable[[], dict[str, int]]]:
    """The steps of a request by name, in order: use is stopped first, keys are destroyed last; then comes the proof."""
    erased = {f"erase {table}": partial(_erase, context, request, table) for table in request.tables(Outcome.ERASED)}
    decided = [table for table in request.tables(Outcome.REDACTED) if parse(table).layer == "gold"]
    redacted = {f"redact {table}": partial(_redact_table, context, request, table) for table in decided}
    return {
        "restrict": partial(_restrict, context, request),
        "staging": partial(_unstage, context),
        **redacted,
        **erased,
        "rows of others": partial(named_elsewhere.redact, context, request.subjects),
        "artifacts": partial(_redact, context, request),
        PROVE: partial(_prove, context, request),
    }


def carry_out(context: Context, request: ErasureRequest) -> Path:
    """Carry out the open steps, while no other job writes, and write the certificate.

    The audit trail records when the erasure begins or is resumed, when it fails and when it ends.

    Raises:
        FieldstoneError: the proof still found data; the request stays open, and the next run repeats all steps.
    """
    counts = {outcome: sum(i.rows for i in request.items if i.outcome is outcome) for outcome in Outcome}
    with undisturbed(context):
        done = {step.name for step in request.done}
        taken = taken_seals.taken(context, request, GONE, done)
        _note(context, request, "erase begin", rows=counts, steps_done=len(done), seals=taken)
        for name, perform in steps(context, request).items():
            if name not in done:
                try:
                    request = request.after(name, perform())
                except Exception as error:
                    _note(context, request, "erase fail", step=name, error=type(error).__name__)
                    if name == PROVE:  # rows may have been ingested since a step was completed
                        erasure_request.keep(context, replace(request, done=()))
                    raise
                erasure_request.keep(context, request)
    written = certificate.write(context, request)
    finished_at = request.done[-1].at
    if not any(entry.action == "erase" and finished_at in entry.details for entry in context.trail.entries()):
        sha256 = {path.name: file_sha256(path) for path in written}
        _note(context, request, "erase", rows=counts, finished_at=finished_at, certificate_sha256=sha256)
    backups.tell(context.workspace.settings.home, request.persons)
    erasure_request.forget(context, request)
    return written[-1]


def _note(context: Context, request: ErasureRequest, action: str, **details) -> None:
    after = restored.restore_details(context.lake, request.persons)
    named = {"reference": request.reference, "about": request.about}
    context.trail.record(request.operator, action, **named, **details, **after)


@contextmanager
def undisturbed(context: Context) -> Iterator[None]:
    """Wait until no job writes, and let none begin.

    Raises:
        FieldstoneError: a job writes for longer than ten minutes.
    """
    with ExitStack() as locks:
        for table in _written_by_jobs(context):
            locks.enter_context(context.lake.lock(table, wait_seconds=600))
        yield


def _written_by_jobs(context: Context) -> list[str]:
    contracts = context.workspace.contracts.values()
    layers = [c.named(layer) for c in contracts for layer in ("bronze", "silver")]
    return [*layers, TRAINING, TRAINING_SUBJECTS, DECISIONS, table_names.KEYS]


def _restrict(context: Context, request: ErasureRequest) -> dict[str, int]:
    """Stop all use of subjects whose data stay in part; this is the first step, because the others may take long."""
    if not (request.subjects and request.tables(Outcome.RESTRICTED)):
        return {"subjects": 0}
    at = datetime.fromisoformat(request.as_of)
    restrictions.restrict(context.lake, request.subjects, request.reference, at)
    return {"subjects": len(request.subjects)}


def _unstage(context: Context) -> dict[str, int]:
    """Delete leftovers of interrupted runs: staged rows, and a partner's pages, which the next pull requests again."""
    folder, tables = context.workspace.settings.home / "staging", context.lake.tables()
    for table in (table for table in tables if parse(table).layer in ("bronze", "silver")):
        staging.forget_uncommitted(context.lake, table)
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    shutil.rmtree(folder, ignore_errors=True)
    return {"files": count}


def _erase(context: Context, request: ErasureRequest, table: str) -> dict[str, int]:
    """Delete rows, and the table's old versions."""
    chosen = [i.where for i in request.items if i.table == table and i.outcome is Outcome.ERASED]
    with build_notes.rewriting(context, table):
        rows = sum(context.lake.delete(table, where) for where in chosen)
        raw_access.purge(context.lake, table)
    return {"rows": rows}


def _redact_table(context: Context, request: ErasureRequest, table: str) -> dict[str, int]:
    """Remove the consents of erased subjects from decisions on others.

    The value in their place permits nothing, so that the decisions can't be read more than before.
    """
    chosen = [item for item in request.items if item.outcome is Outcome.REDACTED and item.table == table]
    consent_ids = {number for item in chosen for number in item.where["consent_ids"]}
    rows = raw_access.redact(context.lake, table, "consent_ids", consent_ids, GONE, {"subject_key": request.subjects})
    raw_access.purge(context.lake, table)
    return {"rows": rows}


def _redact(context: Context, request: ErasureRequest) -> dict[str, int]:
    """Replace numbers of applications in reports and artifacts by stars; these show a few to explain a model."""
    home, changed = context.workspace.settings.home, {}
    numbers = {number.encode() for number in request.redacted}
    for path in sorted(p for f in ("reports", "mlflow/artifacts") for p in (home / f).rglob("*") if p.suffix in _TEXTS):
        content = before = path.read_bytes()
        content = file_search.WORD.sub(lambda word: b"*" * len(word[0]) if word[0] in numbers else word[0], content)
        for number in (number for number in numbers if not file_search.WORD.fullmatch(number)):
            content = content.replace(number, b"*" * len(number))
        if content != before:
            changed[path] = before, content
    # recorded first, so that changes by an erasure never count as changes by another person
    redactions.record(context.trail, request.operator, request.reference, changed.values())
    for path, (_, content) in changed.items():
        path.write_bytes(content)
    return {"files": len(changed)}


def _prove(context: Context, request: ErasureRequest) -> dict[str, int]:
    search = file_search.search(context.workspace.settings.home, request.searches)
    if search.holding:
        raise Conflict(
            f"erasure {request.reference} isn't proved: {len(search.holding):,} files still contain data that should "
            f"be erased ({', '.join(search.holding[:5])}); remove or correct them and run the same command again"
        )
    if tables := named_elsewhere.remaining(context, request.subjects):
        raise Conflict(
            f"erasure {request.reference} isn't proved: sealed rows of others name the subject in {', '.join(tables)}; "
            "run the same command again"
        )
    return {"files": search.files, "bytes": search.bytes, "unopened": search.unopened, "findings": 0}
