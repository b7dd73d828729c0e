"""What features in gold were built by, in the audit trail: by which declarations, and which rows came of it.

`build-features` and whatever rewrites gold tell the trail; `train` and `decide` use no rows that aren't as it says.
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
    """By which declarations features are built as things stand."""
    workspace = context.workspace
    by_feature = declarations.each_sha256(workspace)
    return {"features": by_feature, "contracts": declarations.rested_on_sha256(workspace, by_feature.keys())}


def note(context: Context, tables: Collection[str], declared: Declared) -> None:
    """Tell the trail what tables hold from now on.

    Args:
        declared: what they were built by, as `stated` said before they were.
    """
    noted = {table: {"version": context.lake.version(table), "digest": _digest(context, table)} for table in tables}
    # told in full once, for it is long and seldom changes
    known = next((number for number, details in _notes(context).items() if details.get("declared") == declared), None)
    declaration = {"declared": declared} if known is None else {"declared_in": known}
    context.trail.record(context.workspace.settings.operator, _ACTION, tables=noted, **declaration)


def are_as_noted(context: Context, tables: Collection[str]) -> bool:
    """Whether tables hold what the trail says that was built."""
    notes = _notes(context)
    return all(_is_as_noted(context, table, _of(notes, table)) for table in tables)


@contextmanager
def rewriting(context: Context, table: str) -> Iterator[None]:
    """Note a table again once it was rewritten in part, if it held until then what was noted."""
    noted = _of(_notes(context), table)
    was_so = _is_as_noted(context, table, noted)
    yield
    if noted and was_so:
        note(context, [table], noted[1])


def findings(context: Context, tables: Collection[str]) -> list[str]:
    """Tables that aren't what was built last, in words; of what was never told of nothing is found."""
    notes = _notes(context)
    noted = {table: of_table for table in tables if (of_table := _of(notes, table))}
    return [f"{_other(table)}; {_REMEDY}" for table, was in noted.items() if not _is_as_noted(context, table, was)]


def require(context: Context, table: str, features: Collection[str]) -> None:
    """Make sure that a table was built by the present declarations of some features, and nobody has changed it since.

    Args:
        features: that models read, in force or to be trained.

    Raises:
        FieldstoneError: it wasn't, or isn't.
    """
    if not context.lake.exists(table):
        return  # whoever reads it says so
    if (noted := _of(_notes(context), table)) is None:
        raise Conflict(f"the audit trail doesn't say what {table} was built by; {_REMEDY}")
    if not _is_as_noted(context, table, noted):
        raise Conflict(f"{_other(table)}; {_REMEDY}")
    _, was = noted
    now = {
        "features": {n: sha for n, sha in stated(context)["features"].items() if n in {*features, declarations.SPINE}},
        "contracts": declarations.rested_on_sha256(context.workspace, features),
    }
    if other := [name for what in now for name in now[what] if was.get(what, {}).get(name) != now[what][name]]:
        raise Conflict(
            f"{table} was built by another declaration than the one in force of {', '.join(sorted(other))}; {_REMEDY}"
        )


def _other(table: str) -> str:
    return f"{table} isn't what was built last, as the audit trail tells"


def _notes(context: Context) -> dict[int, dict[str, Any]]:
    """What the trail says of what was built, by the number of the entry."""
    return {e.number: json.loads(e.details) for e in context.trail.entries() if e.action == _ACTION}


def _of(notes: dict[int, dict[str, Any]], table: str) -> tuple[str, Declared] | None:
    """The digest of a table, and what it was built by, as they were told last; None if they never were."""
    last = next((each for each in reversed(notes.values()) if table in each["tables"]), None)
    if last is None:
        return None
    return last["tables"][table]["digest"], last.get("declared") or notes.get(last["declared_in"], {}).get(
        "declared", {}
    )


def _is_as_noted(context: Context, table: str, noted: tuple[str, Declared] | None) -> bool:
    return noted is not None and context.lake.exists(table) and noted[0] == _digest(context, table)


def _digest(context: Context, table: str) -> str:
    """A keyed digest of a table's columns and of the data files that it consists of, which tells nothing of a row."""
    stored = state.opened(context.lake.path(table))
    files = sorted(file_sha256(Path(place)) for place in stored.file_uris())
    content = json.dumps([stored.schema().to_json(), stored.metadata().configuration, files], sort_keys=True)
    return hmac.digest(context.trail.key, f"features {content}".encode(), "sha256").hex()
