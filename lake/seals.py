"""Seals of rows: proof of the content that decisions, suspensions, exits and consents had when they were written.

For each row a keyed digest is stored, and one of its naming columns; an entry of the audit trail has the hash of the
digests. Without the key and the row a digest reveals nothing, so it may stay when a person is erased: the entry of the
erasure lists the digests that no longer have a row, and all other rows stay provable.
"""

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Unpack, cast

from conf.schema import table_names
from conf.schema.gold import NAMED_BY
from conf.schema.table_roles import TableRole
from lake import raw_access
from lake.audit import Entry, Trail
from lake.digests import Sealed, digests, key_digest, naming
from lake.entry_details import Seal, SealScope
from lake.erasure import DECISIONS, INPUTS
from lake.schema import BATCH
from lake.tables import Lake

SEALS = table_names.SEALS
_NAMED = 5  # rows in a finding


_Rows = Counter[tuple[str, str | None]]  # the two digests of a row → how often it occurs


def tables(lake: Lake) -> list[str]:
    """Tables whose rows are sealed."""
    return [table for table in (*NAMED_BY, *_of_consents(lake)) if lake.exists(table)]


def is_sealed(lake: Lake, table: str) -> bool:
    """Whether a table's rows are sealed."""
    return table in NAMED_BY or table in _of_consents(lake)


def _of_consents(lake: Lake) -> list[str]:
    played = map(lake.workspace.playing, (TableRole.CONSENT, TableRole.WITHDRAWAL))
    return [contract.named("silver") for contract in played if contract]


def new(trail: Trail, table: str, rows: Iterable[dict[str, Any]]) -> list[Sealed]:
    """Seals of rows added to a table."""
    return [digests(trail, table, row) for row in rows]


def gone(trail: Trail, table: str, rows: Iterable[dict[str, Any]]) -> list[Sealed]:
    """Seals of rows removed from a table."""
    return [Sealed(each.key_digest, None, each.row_digest) for each in new(trail, table, rows)]


def changed(trail: Trail, table: str, rows: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> list[Sealed]:
    """Seals of changed rows: each given as (row before, row after)."""
    pairs = ((digests(trail, table, before), digests(trail, table, after)) for before, after in rows)
    return [Sealed(after.key_digest, after.row_digest, before.row_digest) for before, after in pairs]


def keep(trail: Trail, table: str, sealed: list[Sealed], **scope: Unpack[SealScope]) -> Seal:
    """Store seals; the caller then writes an entry with the returned value under `seals`, or they don't count."""
    (kept,) = _keep(trail, table, [(sealed, scope)])
    return kept


def anew(trail: Trail, table: str) -> list[Seal]:
    """Seal a table's present content, batch by batch, in place of all earlier seals."""
    batches: dict[str | None, list[Sealed]] = {}
    for row in _rows(trail.lake, table):
        batches.setdefault(row.get(BATCH), []).append(digests(trail, table, row))
    scopes = [(sealed, SealScope(batch=batch) if batch else SealScope()) for batch, sealed in batches.items()]
    return _keep(trail, table, [([], SealScope(is_all=True)), *scopes])


def take_over(trail: Trail) -> list[Seal]:
    """Seal the present content of tables from before rows were sealed; the seals go into the entry that records it."""
    return [seal for table in tables(trail.lake) for seal in anew(trail, table)]


def findings(trail: Trail, is_named: bool = True) -> dict[str, list[str]]:
    """Table → differences between its rows and their seals, in words.

    Args:
        is_named: findings name rows by their naming columns, to be shown to a person; otherwise by the digest of these,
            for records that are kept longer than the rows.
    """
    entries, kept = trail.entries(), _kept(trail.lake)
    differing = {
        table: _of_table(trail, table, entries, kept, is_named) for table in _checked_tables(trail.lake, entries)
    }
    return {table: texts for table, texts in differing.items() if texts}


def as_sealed(trail: Trail, table: str, rows: list[dict[str, Any]]) -> list[bool]:
    """Whether each of some rows of a table is as it was sealed."""
    expected, _ = _expected(table, trail.entries(), _kept(trail.lake))
    return [expected[each.key_digest, each.row_digest] > 0 for each in new(trail, table, rows)]


def entries_of_row(trail: Trail, table: str, row: dict[str, Any]) -> list[Entry]:
    """Entries that seal a row, or its removal, oldest first.

    Args:
        row: the columns that identify it.
    """
    named, kept = key_digest(trail, table, row), _kept(trail.lake)
    ours = ((entry, seal) for entry, seal in _in_entries(trail.entries()) if seal["table"] == table)
    return [e for e, seal in ours if any(each.key_digest == named for each in kept.get(seal["seal"], []))]


def _keep(trail: Trail, table: str, parts: list[tuple[list[Sealed], SealScope]]) -> list[Seal]:
    kept: list[Seal] = [
        {"seal": uuid.uuid4().hex, "table": table, "rows": len(sealed), "sha256": _hash(sealed), **scope}
        for sealed, scope in parts
    ]
    together = zip(kept, parts, strict=True)
    records = [{"seal": seal["seal"], **vars(each)} for seal, (sealed, _) in together for each in sealed]
    if records:
        trail.lake.append_records(SEALS, records)
    return kept


def _checked_tables(lake: Lake, entries: list[Entry]) -> list[str]:
    sealed = {seal["table"] for _, seal in _in_entries(entries) if is_sealed(lake, seal["table"])}
    return sorted(sealed | {*tables(lake)})


def _of_table(
    trail: Trail, table: str, entries: list[Entry], kept: dict[str, list[Sealed]], is_named: bool
) -> list[str]:
    expected, texts = _expected(table, entries, kept)
    return texts + _differences(trail, table, expected, is_named)


def _expected(table: str, entries: list[Entry], kept: dict[str, list[Sealed]]) -> tuple[_Rows, list[str]]:
    """Expected count of each row, by its two digests; and the seals that can't be evaluated, in words."""
    expected, texts = _Rows(), list[str]()
    batches: dict[str, _Rows] = {}
    ours = [(entry, seal) for entry, seal in _in_entries(entries) if seal["table"] == table]
    for place, (entry, seal) in enumerate(ours):
        sealed = kept.get(seal["seal"], [])
        if (len(sealed), _hash(sealed)) != (seal["rows"], seal["sha256"]):
            texts.append(f"the seals of {table} in entry {entry.number} ({entry.action}) were changed or are missing")
            continue
        version = seal.get("at_version")
        if version is not None and any(later.get("at_version") == version for _, later in ours[place + 1 :]):
            continue
        expected = _after(_Rows() if seal.get("is_all") else expected, sealed, batches, seal.get("batch"))
    return expected, texts


def _after(expected: _Rows, sealed: list[Sealed], batches: dict[str, _Rows], batch: str | None) -> _Rows:
    rows = _Rows((each.key_digest, each.row_digest) for each in sealed if each.replaces is None)
    if batch:
        expected = expected - batches.get(batch, _Rows())
        batches[batch] = rows
    expected = expected + rows
    for each in (each for each in sealed if each.replaces):
        before = (each.key_digest, each.replaces)
        if expected[before]:
            expected[before] -= 1
            if each.row_digest:
                expected[each.key_digest, each.row_digest] += 1
    return expected


def _differences(trail: Trail, table: str, expected: _Rows, is_named: bool) -> list[str]:
    rows = _rows(trail.lake, table) if trail.lake.exists(table) else ()
    named: dict[tuple[str, str | None], str] = {}
    present = _Rows()
    for row in rows:
        each = digests(trail, table, row)
        place = (each.key_digest, each.row_digest)
        present[place] += 1
        if present[place] > expected[place]:
            names = ", ".join(f"{name} {row.get(name)}" for name in naming(trail.lake, table))
            named[place] = names if is_named else f"digest {each.key_digest}"
    missing = Counter(key for key, _ in (expected - present).elements())
    texts: list[str] = []
    for (key, _), name in sorted(named.items(), key=lambda each: each[1]):
        is_changed = missing[key] > 0
        missing[key] -= is_changed
        texts.append(f"{table}: the row with {name} was {'changed' if is_changed else 'added by nobody'}")
    left, names = sum(missing.values()), _names_beside(trail, table, missing) if is_named else []
    lost = f"{table}: {left:,} rows that were sealed are missing{': ' if names else ''}{', '.join(names)}"
    shown = [*texts[:_NAMED], *([f"{table}: {len(texts) - _NAMED:,} more rows"] if len(texts) > _NAMED else [])]
    return shown + ([lost] if left else [])


def _names_beside(trail: Trail, table: str, missing: Counter[str]) -> list[str]:
    """Names of some of the missing rows, where another table has them too."""
    beside = {DECISIONS: INPUTS, INPUTS: DECISIONS}.get(table)
    if not (+missing and beside and trail.lake.exists(beside)):
        return []
    (column,) = NAMED_BY[table]
    values = sorted(raw_access.values(trail.lake, beside, column))
    named = [value for value in values if missing[key_digest(trail, table, {column: value})] > 0]
    more = [f"{len(named) - _NAMED:,} more"] if len(named) > _NAMED else []
    return [*(f"{column} {value}" for value in named[:_NAMED]), *more]


def _in_entries(entries: list[Entry]) -> Iterator[tuple[Entry, Seal]]:
    for entry in entries:
        for seal in json.loads(entry.details).get("seals", ()):
            yield entry, cast(Seal, seal)


def _kept(lake: Lake) -> dict[str, list[Sealed]]:
    sealed: dict[str, list[Sealed]] = {}
    for record in lake.records(SEALS) if lake.exists(SEALS) else ():
        if record.keys() != {"seal", "key_digest", "row_digest", "replaces"}:  # a table of something else
            return {}
        sealed.setdefault(record.pop("seal"), []).append(Sealed(**record))
    return sealed


def _rows(lake: Lake, table: str) -> Iterator[dict[str, Any]]:
    return raw_access.chosen(lake, table, {}, raw_access.columns(lake, table))


def _hash(sealed: list[Sealed]) -> str:
    lines = sorted(json.dumps([each.key_digest, each.row_digest, each.replaces]) for each in sealed)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
