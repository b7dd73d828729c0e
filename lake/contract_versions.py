"""Versions of contracts by which the lake's rows were taken in, whether or not they are still declared."""

import hashlib
import json
from datetime import datetime
from typing import Any

from conf.schema.contract import Contract
from lake import grounds
from lake.batch import INGEST, REFINE
from lake.grounds import TABLE, parsed
from lake.tables import Lake

_FIRST = 1


def recorded(lake: Lake) -> dict[str, Contract]:
    """Table → the contract by which rows were last taken in."""
    return {r["source_table"]: each for r in _records(lake) if (each := parsed(r["declaration"]))}


def known(lake: Lake) -> dict[str, Contract]:
    """Table → its contract, for all declared contracts and for those of which the lake still has rows.

    Each has the grounds on which its rows are held, not those that were declared later and never planned.
    """
    before = recorded(lake)
    stated = lake.workspace.contracts.items()
    return before | {table: grounds.on_recorded_grounds(contract, before.get(table)) for table, contract in stated}


def of(lake: Lake, contract: Contract) -> list[Contract | None]:
    """All versions of a contract by which rows were taken in, in order, then the present one; see `followed`."""
    return [*(parsed(record["declaration"]) for record in _records(lake, contract.table)), contract]


def latest_number(lake: Lake, table: str) -> int:
    """Number of the version of a contract by which rows are taken in, see `note`."""
    return len(_records(lake, table))


def number_at(lake: Lake, table: str, moment: datetime) -> int:
    """Number of the version by which rows were taken in at a moment."""
    return sum(record["at"] <= moment for record in _records(lake, table)) or _FIRST


def taken_in_by(lake: Lake, table: str) -> dict[str, int]:
    """Batch, as named in quarantine and vault → number of the version by which its rows were taken in or judged."""
    judged = {f"{batch.batch_id}-{REFINE}": batch for batch in lake.batches(table, REFINE)}
    batches = judged | {batch.batch_id: batch for batch in lake.batches(table, INGEST)}
    return {name: batch.contract_version or _FIRST for name, batch in batches.items()}


def first_taken_in_by(lake: Lake, table: str) -> dict[str, int]:
    """SHA-256 of each part of the batches → number of the version by which it was first taken in."""
    first: dict[str, int] = {}
    for batch in lake.batches(table, INGEST):
        number = batch.contract_version or _FIRST
        for part in batch.parts:
            first[part.sha256] = min(number, first.get(part.sha256, number))
    return first


def followed(since: int | None, versions: list[Contract | None]) -> dict[str, str]:
    """Names of a contract's columns at a version → names now.

    A name may belong to another column by now. A column that was dropped keeps its old name with the version, such as
    `note@1`, which is unique.

    Args:
        since: number of the version; None (rows of before versions were noted) counts as the first.
        versions: see `of`. A version that this product can't read is skipped.
    """
    since = since or _FIRST
    first = versions[since - 1] if since <= len(versions) else None
    names = {name: name for name in first.columns} if first else {}
    for later in filter(None, versions[since:]):
        known = names | {before: before for before in later.renamed if before not in names}
        names = {before: _now(name, later, f"{before}@{since}") for before, name in known.items()}
    return names


def misread(names: dict[str, str], contract: Contract) -> dict[str, str]:
    """The names (see `followed`) that a contract would take for another of its columns."""
    return {before: now for before, now in names.items() if before in contract.columns and now != before}


def by_present_names(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A row under the present names of its columns, see `followed`; other names stay unchanged."""
    others = {name: value for name, value in row.items() if name not in names}
    return others | {names[name]: value for name, value in row.items() if name in names}


def earlier_names(lake: Lake, contract: Contract, column: str) -> list[str]:
    """All names that a contract's column ever had, the present one first."""
    known = of(lake, contract)
    every = (followed(number, known) for number in range(_FIRST, len(known) + 1))
    return list(dict.fromkeys([column, *(before for names in every for before, now in names.items() if now == column)]))


def _now(name: str, later: Contract, dropped: str) -> str:
    """The name of a column in a later version, or the name for a dropped one."""
    if name == dropped or name in later.columns:
        return name
    return later.renamed.get(name, dropped)


def of_source(lake: Lake, source: str) -> list[Contract]:
    """The contracts of a source, also of one that is no longer declared."""
    return [contract for contract in known(lake).values() if contract.source == source]


def note(lake: Lake, contract: Contract, at: datetime) -> None:
    """Record the contract by which rows are taken in, if it differs from the last version."""
    before = _records(lake, contract.table)
    text = json.dumps(contract.model_dump(mode="json", by_alias=True, exclude_defaults=True), sort_keys=True)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    if not before or before[-1]["sha256"] != sha256:
        record = {"source_table": contract.table, "version": len(before) + 1, "sha256": sha256, "declaration": text}
        lake.append_records(TABLE, [record | {"at": at}])


def _records(lake: Lake, table: str | None = None) -> list[dict[str, Any]]:
    """The versions of one contract or of all, in order."""
    equal = {"source_table": table} if table else {}
    return sorted(lake.records(TABLE, **equal), key=lambda r: r["version"]) if lake.exists(TABLE) else []
