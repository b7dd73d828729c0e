"""The builds of features in gold, as recorded in the audit trail: their declarations and a digest of their rows.

`build-features` and all jobs that rewrite gold record it; `train` and `decide` use only rows that agree with it.
"""

import hmac
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conf.schema.errors import Conflict
from conf.schema.hashing import file_sha256
from lake import state
from pipeline.context import Context
from pipeline.features import declarations

Declared = dict[str, dict[str, str]]
"""SHA-256 of declarations: of `features` by their names, of `contracts` by table."""

_ACTION = "build features"
_REMEDY = "build them anew: fieldstone build-features"


def stated(context: Context) -> Declared:
    """The present declarations of features."""
    workspace = context.workspace
    by_feature = declarations.each_sha256(workspace)
    return {"features": by_feature, "contracts": declarations.rested_on_sha256(workspace, by_feature.keys())}


def note(context: Context, tables: Collection[str], declared: Declared) -> None:
    """Record the present content of tables in the audit trail.

    Args:
        declared: the declarations they were built by, from `stated` before the build.
    """
    noted = {table: {"version": context.lake.version(table), "digest": _digest(context, table)} for table in tables}
    # recorded in full only once, because it is long and seldom changes
    known = next((number for number, details in _notes(context).items() if details.get("declared") == declared), None)
    declaration = {"declared": declared} if known is None else {"declared_in": known}
    context.trail.record(context.workspace.settings.operator, _ACTION, tables=noted, **declaration)


def are_current(context: Context, tables: Collection[str]) -> bool:
    """Whether tables have the content that the audit trail records, and were built by the present declarations.

    These are compared as they expand, because helpers that features call can change without any feature's file.
    """
    notes, now = _notes(context), stated(context)
    by_table = {table: _of(notes, table) for table in tables}
    return all(_is_as_noted(context, table, was) and was and was[1] == now for table, was in by_table.items())


@contextmanager
def rewriting(context: Context, table: str) -> Iterator[None]:
    """Record a table again after it was rewritten in part, if it agreed with its record before."""
    noted = _of(_notes(context), table)
    was_so = _is_as_noted(context, table, noted)
    yield
    if noted and was_so:
        note(context, [table], noted[1])


def findings(context: Context, tables: Collection[str]) -> list[str]:
    """Tables that differ from their last build, as text; tables without a recorded build are left out."""
    notes = _notes(context)
    noted = {table: of_table for table in tables if (of_table := _of(notes, table))}
    return [f"{_other(table)}; {_REMEDY}" for table, was in noted.items() if not _is_as_noted(context, table, was)]


def require(context: Context, table: str, features: Collection[str]) -> None:
    """Check that a table was built by the present declarations of some features, and wasn't changed since.

    Args:
        features: those that models read, in force or to be trained.

    Raises:
        FieldstoneError: it was built by other declarations, or was changed since.
    """
    if not context.lake.exists(table):
        return  # its readers report a missing table
    if (noted := _of(_notes(context), table)) is None:
        raise Conflict(f"the audit trail doesn't record the declarations that {table} was built from; {_REMEDY}")
    if not _is_as_noted(context, table, noted):
        raise Conflict(f"{_other(table)}; {_REMEDY}")
    _, was = noted
    now = {
        "features": {n: sha for n, sha in stated(context)["features"].items() if n in {*features, declarations.SPINE}},
        "contracts": declarations.rested_on_sha256(context.workspace, features),
    }
    if other := [name for what in now for name in now[what] if was.get(what, {}).get(name) != now[what][name]]:
        raise Conflict(
            f"{table} was built from other declarations than those in force of {', '.join(sorted(other))}; {_REMEDY}"
        )


def _other(table: str) -> str:
    return f"{table} isn't what was built last, as the audit trail tells"


def _notes(context: Context) -> dict[int, dict[str, Any]]:
    """Entry number → recorded build, from the audit trail."""
    return {e.number: json.loads(e.details) for e in context.trail.entries() if e.action == _ACTION}


def _of(notes: dict[int, dict[str, Any]], table: str) -> tuple[str, Declared] | None:
    """The last recorded digest of a table and its declarations; None if there is no record."""
    last = next((each for each in reversed(notes.values()) if table in each["tables"]), None)
    if last is None:
        return None
    return last["tables"][table]["digest"], last.get("declared") or notes.get(last["declared_in"], {}).get(
        "declared", {}
    )


def _is_as_noted(context: Context, table: str, noted: tuple[str, Declared] | None) -> bool:
    return noted is not None and context.lake.exists(table) and noted[0] == _digest(context, table)


def _digest(context: Context, table: str) -> str:
    """A keyed digest of a table's columns and data files, which reveals nothing about a row."""
    stored = state.opened(context.lake.path(table))
    files = sorted(file_sha256(Path(place)) for place in stored.file_uris())
    content = json.dumps([stored.schema().to_json(), stored.metadata().configuration, files], sort_keys=True)
    return hmac.digest(context.trail.key, f"features {content}".encode(), "sha256").hex()
