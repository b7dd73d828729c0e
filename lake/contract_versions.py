"""Contracts as the lake was filled by them, whether or not they are still declared."""

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
    """Table → its contract, of all that are declared and of those that the lake still holds rows by.

    Each with the grounds on which rows are held, whatever somebody has declared since and nobody has planned.
    """
    before = recorded(lake)
    stated = lake.workspace.contracts.items()
    return before | {table: grounds.on_recorded_grounds(contract, before.get(table)) for table, contract in stated}


def of(lake: Lake, contract: Contract) -> list[Contract | None]:
    """A contract by all versions that rows were ever taken in by, in order, and as it is now; see `followed`."""
    return [*(parsed(record["declaration"]) for record in _records(lake, contract.table)), contract]


def latest_number(lake: Lake, table: str) -> int:
    """Number of the version of a contract by which rows are taken in, see `note`."""
    return len(_records(lake, table))


def number_at(lake: Lake, table: str, moment: datetime) -> int:
    """Number of the version by which rows were taken in at a moment."""
    return sum(record["at"] <= moment for record in _records(lake, table)) or _FIRST


def taken_in_by(lake: Lake, table: str) -> dict[str, int]:
    """Batch, as quarantine and the vault call it → number of the version by which its rows were taken in or judged."""
    judged = {f"{batch.batch_id}-{REFINE}": batch for batch in lake.batches(table, REFINE)}
    batches = judged | {batch.batch_id: batch for batch in lake.batches(table, INGEST)}
    return {name: batch.contract_version or _FIRST for name, batch in batches.items()}


def first_taken_in_by(lake: Lake, table: str) -> dict[str, int]:
    """SHA-256 of what batches consist of → number of the version by which it first came in."""
    first: dict[str, int] = {}
    for batch in lake.batches(table, INGEST):
        number = batch.contract_version or _FIRST
        for part in batch.parts:
            first[part.sha256] = min(number, first.get(part.sha256, number))
    return first


def followed(since: int | None, versions: list[Contract | None]) -> dict[str, str]:
    """Names of a contract's columns at a version → names now.

    A name may have become another column's since. What is no column any more keeps its name of then with the version,
    such as `note@1`, which is nobody's else.

    Args:
        since: number of the version; None (rows of before versions were noted) counts as the first.
        versions: see `of`. One that this product doesn't understand is passed over.
    """
    since = since or _FIRST
    first = versions[since - 1] if since <= len(versions) else None
    names = {name: name for name in first.columns} if first else {}
    for later in filter(None, versions[since:]):
        known = names | {before: before for before in later.renamed if before not in names}
        names = {before: _now(name, later, f"{before}@{since}") for before, name in known.items()}
    return names


def misread(names: dict[str, str], contract: Contract) -> dict[str, str]:
    """Those of some names (see `followed`) that a contract would read as another column of its own."""
    return {before: now for before, now in names.items() if before in contract.columns and now != before}


def by_present_names(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A row by the names that its columns have now, see `followed`; others stay as they are."""
    others = {name: value for name, value in row.items() if name not in names}
    return others | {names[name]: value for name, value in row.items() if name in names}


def earlier_names(lake: Lake, contract: Contract, column: str) -> list[str]:
    """What a column of a contract was ever called, its present name first."""
    known = of(lake, contract)
    every = (followed(number, known) for number in range(_FIRST, len(known) + 1))
    return list(dict.fromkeys([column, *(before for names in every for before, now in names.items() if now == column)]))


def _now(name: str, later: Contract, dropped: str) -> str:
    """What a column is called in a later version, or once it was dropped."""
    if name == dropped or name in later.columns:
        return name
    return later.renamed.get(name, dropped)


def of_source(lake: Lake, source: str) -> list[Contract]:
    """The contracts of a source, also of one that is no longer declared."""
    return [contract for contract in known(lake).values() if contract.source == source]


def note(lake: Lake, contract: Contract, at: datetime) -> None:
    """Note that rows are taken in by a contract, where that is news."""
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
