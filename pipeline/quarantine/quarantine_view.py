"""Quarantined rows shown to a person: counts by reason, or single rows as far as the role may see them."""

from collections import Counter
from dataclasses import asdict

from conf.schema.contract import Contract
from lake import schema
from lake.disclosure import disclose
from lake.quarantine_outcomes import row_id
from pipeline.context import Context
from pipeline.quarantine.row_choice import Selection
from pipeline.quarantine.waiting_rows import Waiting, sealed, waiting
from pipeline.results.data_engineers import RowShown, RowsWaiting


def counted(context: Context, table: str | None, chosen: Selection) -> tuple[RowsWaiting, ...]:
    """How many rows wait by contract, batch, stage and reason; a row counts under each of its reasons."""
    counted_rows = []
    for contract in _contracts(context, table):
        rows = waiting(context, contract, chosen)
        counts = Counter((row.batch_id, row.stage, str(code)) for row in rows for code in row.reasons)
        counted_rows += [RowsWaiting(contract.table, *where, count) for where, count in sorted(counts.items())]
    return tuple(counted_rows)


def disclosed(
    context: Context, table: str, chosen: Selection, role: str | None, why: str | None
) -> tuple[RowShown, ...]:
    """Rows with their values, as far as the operator's role may see them; the audit trail records who saw how many."""
    contract = context.workspace.contract(table)
    rows = waiting(context, contract, chosen)
    opened = disclose(
        context.vault, context.trail, sealed(context, contract, rows), "row_ciphertext",
        action="quarantine show", role_name=role, purpose=None, why=why, table=table, **asdict(chosen),
    )  # fmt: skip
    shown = {(row[schema.BATCH], row["_row_hash"]): _text(row["shown"]) for row in opened}
    return tuple(_shown(each, shown.get(each.key, "(its key was destroyed)")) for each in rows)


def _contracts(context: Context, table: str | None) -> list[Contract]:
    workspace = context.workspace
    chosen = [workspace.contract(table)] if table else list(workspace.contracts.values())
    return [contract for contract in chosen if context.lake.exists(contract.named("quarantine"))]


def _shown(row: Waiting, text: str) -> RowShown:
    return RowShown(row_id(row.row_hash), row.batch_id, tuple(row.failed_checks), text)


def _text(shown: dict | str) -> str:
    return shown if isinstance(shown, str) else ", ".join(f"{name}={value}" for name, value in shown.items())
