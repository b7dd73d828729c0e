"""`fieldstone quarantine list|show|drop`: the rows that failed, by reason, batch and contract (release: own file)."""

from collections import Counter
from dataclasses import asdict

from conf.schema.contract import Contract
from jobs import printing
from lake import ledger, quarantine_outcomes, schema
from lake.batch import DROP
from lake.disclosure import disclose
from pipeline.context import Context
from pipeline.quarantine.waiting_rows import ROW_ID_LENGTH, Selection, sealed, waiting


def list_rows(context: Context, table: str | None, chosen: Selection) -> None:
    """Print how many rows wait, by contract, batch and reason; a row counts under each of its reasons."""
    shown = printing.table("contract", "batch", "stage", "reason", "rows")
    for contract in _contracts(context, table):
        rows = waiting(context, contract, chosen)
        counts = Counter((row.batch_id, row.stage, code) for row in rows for code in row.reasons)
        for (batch_id, stage, code), count in sorted(counts.items()):
            shown.add_row(contract.table, batch_id, stage, code, f"{count:,}")
    printing.console().print(shown if shown.row_count else "quarantine: nothing waits")


def show(context: Context, table: str, chosen: Selection, role: str | None = None, why: str | None = None) -> None:
    """Print rows as the operator's role may see them; the audit trail notes who looked at how many."""
    contract = context.workspace.contract(table)
    rows = waiting(context, contract, chosen)
    disclosed = disclose(
        context.vault, context.trail, sealed(context, contract, rows), "row_ciphertext",
        action="quarantine show", role_name=role, purpose=None, why=why, table=table, **asdict(chosen),
    )  # fmt: skip
    shown = {(row[schema.BATCH], row["_row_hash"]): _told(row["shown"]) for row in disclosed}
    for each in rows:
        print(f"{each.row_hash[:ROW_ID_LENGTH]}  {each.batch_id}  {', '.join(each.failed_checks)}")
        print(f"    {shown.get(each.key, '(its key was destroyed)')}")
    print(f"quarantine {table}: {len(rows):,} rows")


def drop(context: Context, table: str, chosen: Selection, who: str, why: str) -> None:
    """Delete rows for good; the audit trail keeps who, why and which batches they came in, never what they said."""
    lake, contract = context.lake, context.workspace.contract(table)
    with ledger.locked(lake, contract, DROP):
        rows = waiting(context, contract, chosen)
        if rows:
            keys = [each.key for each in rows]
            context.trail.record(who, "quarantine drop", table=table, why=why, rows=len(keys), batches=_batches(keys))
            ledger.append(lake, [quarantine_outcomes.dropped(contract.table, keys, context.as_of)])
        quarantine_outcomes.tidy(lake, contract.named("quarantine"), contract.table)
    print(f"quarantine {table}: {len(rows):,} rows dropped")


def _contracts(context: Context, table: str | None) -> list[Contract]:
    workspace = context.workspace
    chosen = [workspace.contract(table)] if table else list(workspace.contracts.values())
    return [contract for contract in chosen if context.lake.exists(contract.named("quarantine"))]


def _batches(keys: list[quarantine_outcomes.Key]) -> list[str]:
    return sorted({batch_id for batch_id, _ in keys})


def _told(shown: dict | str) -> str:
    return shown if isinstance(shown, str) else ", ".join(f"{name}={value}" for name, value in shown.items())
