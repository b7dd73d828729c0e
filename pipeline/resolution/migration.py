"""Changes of a contract that already has rows.

Optional columns may be added at any time. Columns are renamed (`renamed_from`), given a wider type, or a table another
column of its moments, after a migration of the stored rows. Other changes are refused before any row is read.
"""

import logging
from contextlib import ExitStack

from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from lake import contract_changes, contract_versions, raw_access, schema, staging
from lake.contract_changes import Change, ChangeKind
from pipeline import contracts, refine, sealing
from pipeline.context import Context
from pipeline.results.data_engineers import ContractsDiffer, ContractsMigrated

LOG = logging.getLogger(__name__)

_LAYERS = ("bronze", "silver")


def differences(context: Context, table: str | None) -> ContractsDiffer:
    """Differences of the contracts from the lake, and tables that no contract declares any more."""
    differing = [
        change for contract in _chosen(context, table) for change in contract_changes.changes(context.lake, contract)
    ]
    recorded = contract_versions.recorded(context.lake).values() if table is None else ()
    undeclared = [contract.table for contract in recorded if contract.table not in context.workspace.contracts]
    reach = "erase, exit and terms of retention go on by the contract that it had"
    return ContractsDiffer(
        (
            *(f"{change.table}  {change.kind}: {change.description}" for change in differing),
            *(f"{each}  is held and not declared any more; {reach}" for each in undeclared),
        )
    )


def migrate(context: Context, table: str | None, who: str, why: str) -> ContractsMigrated:
    """Carry out the planned changes, table by table; to resume a killed migration, run it again.

    Raises:
        ContractError, IntegrityError: a change can't be carried out; nothing was changed.
    """
    chosen = _chosen(context, table)
    if refused := [contracts.refusal(contract, bad) for contract in chosen if (bad := _refused(context, contract))]:
        raise ContractError("; ".join(refused))
    for contract in chosen:
        _require_one_value(context, contract)
    migrated = tuple(contract.table for contract in chosen if _migrate(context, contract, who, why))
    LOG.info(f"contract: {', '.join(migrated) or 'nothing'} migrated")
    return ContractsMigrated(migrated)


def _migrate(context: Context, contract: Contract, who: str, why: str) -> bool:
    lake = context.lake
    with ExitStack() as locks:
        for layer in _LAYERS:
            locks.enter_context(lake.lock(contract.named(layer), wait_seconds=600))
        planned = [change for change in contract_changes.changes(lake, contract) if change.kind.is_planned]
        if not planned:
            return False
        # recorded first, so that a half-done migration has a name, too
        planned_changes = [f"{change.table}: {change.description}" for change in planned]
        context.trail.record(who, "contract migrate", table=contract.table, why=why, changes=planned_changes)
        is_retimed = any(change.kind is ChangeKind.RETIMED for change in planned)
        for layer in _LAYERS:
            ours = contract.named(layer)
            if any(change.table == ours for change in planned) or (is_retimed and layer == "silver"):
                _rewrite(context, contract, ours, is_retimed and layer == "silver")
        contract_versions.note(lake, contract, context.as_of)
        sealing.again(context, who, contract.named("silver"), "contract migrated")
    return True


def _rewrite(context: Context, contract: Contract, table: str, is_retimed: bool) -> None:
    lake = context.lake
    if not lake.exists(table):
        return
    rows, fields = raw_access.rows(lake, table), contract_changes.fields(lake, table)
    columns = []
    for field in schema.declared(table, context.workspace.contracts)[0]:
        # a column that was declared as new before it was declared as renamed exists beside the old one
        values = [F.col(name).cast(field.dataType) for name in contract_changes.sources(field.name, fields, contract)]
        columns.append(F.coalesce(*values, F.lit(None).cast(field.dataType)).alias(field.name))
    rows = rows.select(*columns)
    if is_retimed:
        known_at = F.coalesce(contract.published, "known_at") if contract.published else F.col("known_at")
        rows = rows.withColumn("_received_at", F.col("known_at")).withColumn("known_at", known_at)
        rows = rows.transform(refine.versioned, contract, context.zone).drop("_received_at")
    staging.replace(lake, table, rows)


def _require_one_value(context: Context, contract: Contract) -> None:
    """Check that no row has values under two names of a column, because a migration could keep only one of them."""
    lake = context.lake
    for table in (table for layer in _LAYERS if lake.exists(table := contract.named(layer))):
        fields = contract_changes.fields(lake, table)
        for name in contract.columns:
            names = contract_changes.sources(name, fields, contract)
            if len(names) < 2:
                continue
            rows = raw_access.rows(lake, table)
            values = sum((F.col(each).isNotNull().cast("int") for each in names), F.lit(0))
            if both := rows.where(values > 1).count():
                raise ContractError(
                    f"{table} has {both:,} rows with values in more than one of {', '.join(names)}, so they aren't "
                    f"one column: {name} can't be renamed_from a column that is stored beside it; take that name out "
                    "of its declaration"
                )


def _chosen(context: Context, table: str | None) -> list[Contract]:
    workspace = context.workspace
    return [workspace.contract(table)] if table else list(workspace.contracts.values())


def _refused(context: Context, contract: Contract) -> list[Change]:
    return [change for change in contract_changes.changes(context.lake, contract) if change.kind is ChangeKind.REFUSED]
