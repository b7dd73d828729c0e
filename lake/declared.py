"""Contracts as the lake was filled by them, whether or not they are still declared."""

import hashlib
import json
from datetime import datetime

from pydantic import ValidationError

from conf.contract import Contract
from lake.tables import Lake

TABLE = "audit__contracts"


def recorded(lake: Lake) -> dict[str, Contract]:
    """Table → the contract by which rows were last taken in."""
    records = sorted(lake.records(TABLE), key=lambda r: r["version"]) if lake.exists(TABLE) else []
    return {r["source_table"]: each for r in records if (each := _parsed(r["declaration"]))}


def known(lake: Lake) -> dict[str, Contract]:
    """Table → its contract, of all that are declared and of those that the lake still holds rows by."""
    return recorded(lake) | lake.workspace.contracts


def renamed(lake: Lake, contract: Contract) -> dict[str, str]:
    """Earlier name → name now, of the columns of a contract, by all versions that rows were ever taken in by."""
    records = lake.records(TABLE, source_table=contract.table) if lake.exists(TABLE) else []
    versions = [_parsed(r["declaration"]) for r in sorted(records, key=lambda r: r["version"])]
    names: dict[str, str] = {}
    for version in (*filter(None, versions), contract):
        names = {before: version.renamed.get(name, name) for before, name in names.items()} | version.renamed
    return {before: name for before, name in names.items() if before not in contract.columns}


def by_present_names(row: dict, renamed: dict[str, str]) -> dict:
    """A row by the names that its columns have now, see `renamed`."""
    return {renamed.get(name, name): value for name, value in row.items()}


def of_source(lake: Lake, source: str) -> list[Contract]:
    """The contracts of a source, also of one that is no longer declared."""
    return [contract for contract in known(lake).values() if contract.source == source]


def note(lake: Lake, contract: Contract, at: datetime) -> None:
    """Note that rows are taken in by a contract, where that is news."""
    before = [r for r in lake.records(TABLE) if r["source_table"] == contract.table] if lake.exists(TABLE) else []
    text = json.dumps(contract.model_dump(mode="json", by_alias=True, exclude_defaults=True), sort_keys=True)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    if not before or max(before, key=lambda r: r["version"])["sha256"] != sha256:
        told = {"version": len(before) + 1, "sha256": sha256, "declaration": text, "at": at}
        lake.append_records(TABLE, [{"source_table": contract.table} | told])


def _parsed(text: str) -> Contract | None:
    """None for what another version of the product declared in words that this one doesn't know."""
    try:
        return Contract.model_validate_json(text)
    except ValidationError:
        return None
