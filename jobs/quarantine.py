"""`fieldstone quarantine list|show|drop`: the rows that failed, by reason, batch and contract (release: own file)."""

from collections import Counter
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from conf.contract import Contract
from conf.masks import masked_line, masked_row
from jobs.context import Context
from jobs.quarantined import ROW_ID_LENGTH, Selection, Waiting, readable, waiting
from lake import settled


def list_rows(context: Context, table: str | None, chosen: Selection) -> None:
    """Print how many rows wait, by contract, batch and reason; a row counts under each of its reasons."""
    shown = Table("contract", "batch", "stage", "reason", "rows")
    for contract in _contracts(context, table):
        rows = waiting(context, contract, chosen)
        counts = Counter((row.batch_id, row.stage, code) for row in rows for code in row.reasons)
        for (batch_id, stage, code), count in sorted(counts.items()):
            shown.add_row(contract.table, batch_id, stage, code, f"{count:,}")
    Console(width=110).print(shown if shown.row_count else "quarantine: nothing waits")


def show(context: Context, table: str, chosen: Selection) -> None:
    """Print rows with their identifiers masked; the audit trail notes who looked at how many."""
    contract = context.workspace.contract(table)
    rows = waiting(context, contract, chosen)
    context.trail.record(
        context.workspace.settings.operator, "quarantine show", table=table, rows=len(rows), **asdict(chosen)
    )
    opened = readable(context, contract, rows)
    for each in rows:
        print(f"{each.row_hash[:ROW_ID_LENGTH]}  {each.batch_id}  {', '.join(each.failed_checks)}")
        print(f"    {_masked(each, opened.get(each.key), contract)}")
    print(f"quarantine {table}: {len(rows):,} rows")


def drop(context: Context, table: str, chosen: Selection, who: str, why: str) -> None:
    """Delete rows for good; the audit trail keeps who, why and which batches they came in, never what they said."""
    lake, contract = context.lake, context.workspace.contract(table)
    with lake.lock(contract.named("bronze")), lake.lock(contract.named("silver")):
        rows = waiting(context, contract, chosen)
        if rows:
            keys = [each.key for each in rows]
            context.trail.record(who, "quarantine drop", table=table, why=why, rows=len(keys), batches=_batches(keys))
            record = settled.record(contract.table, settled.DROP, keys, context.as_of)
            lake.append_records("audit__batches", [record])
        settled.tidy(lake, contract.named("quarantine"), contract.table)
    print(f"quarantine {table}: {len(rows):,} rows dropped")


def _contracts(context: Context, table: str | None) -> list[Contract]:
    workspace = context.workspace
    chosen = [workspace.contract(table)] if table else list(workspace.contracts.values())
    return [contract for contract in chosen if context.lake.exists(contract.named("quarantine"))]


def _batches(keys: list[settled.Key]) -> list[str]:
    return sorted({batch_id for batch_id, _ in keys})


def _masked(row: Waiting, opened: dict | str | None, contract: Contract) -> str:
    if opened is None:
        return "(its key was destroyed)"
    if isinstance(opened, str):
        return masked_line(opened)
    return ", ".join(f"{name}={value}" for name, value in masked_row(opened, contract).items())
