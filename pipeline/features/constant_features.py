"""Features that are the same for every application: a message names them; a job stops if all of a table are so.

The usual cause is a contract without `published`, so that no record counts as known before its receipt.
"""

import logging
from collections.abc import Collection
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from features.engine.feature_set import FeatureSet

LOG = logging.getLogger(__name__)

_SHOWN = 8
_AGGREGATES = {"count": F.count, "min": F.min, "max": F.max}


def constant(rows: DataFrame, names: Collection[str]) -> dict[str, str]:
    """Feature → `null`, `0` or `one value`, for features that are the same in all rows; empty for a single row.

    Args:
        rows: a double for each of the names.
    """
    aggregates = [how(name).alias(f"{what}_{name}") for name in names for what, how in _AGGREGATES.items()]
    counts = rows.agg(F.count("*").alias("rows"), *aggregates).collect()[0]
    if counts["rows"] < 2:
        return {}
    kinds = {name: _kind(counts["rows"], *(counts[f"{what}_{name}"] for what in _AGGREGATES)) for name in names}
    return {name: kind for name, kind in kinds.items() if kind}


def _kind(rows: int, count: int, low: float | None, high: float | None) -> str | None:
    if count == 0:
        return "null"
    if count < rows or low != high:
        return None
    return "0" if low == 0 else "one value"


def require_varied(
    job: str, rows: DataFrame, features: FeatureSet, tables: dict[str, DataFrame], contracts: dict[str, Contract]
) -> None:
    """Print the features that are constant over the training applications, and stop if all of a table are constant.

    A table with `published` may have no history yet, and is only reported. A table without it never has any before its
    first receipt, and a model that learnt from it would be wrong in every later decision.

    Args:
        job: name of the job, for messages.
        rows: features of the applications, with `as_of`.
        tables: silver frames that the features were computed from.

    Raises:
        ContractError: all features of a table are constant, because `published` is missing.
    """
    kinds = constant(rows, features.names)
    silent = [table for table in features.tables if _is_silent(table, features, kinds)]
    last: datetime = rows.agg(F.max("as_of")).collect()[0][0] if silent else datetime.max
    stopped = []
    for table in silent:
        if why := _why(tables[table], contracts[table], last):
            why_silent = f"all features of {table} are the same for every application: {why}"
            if contracts[table].published is None:
                stopped.append(why_silent)
            else:
                LOG.warning(f"{job}: {why_silent}")
    if stopped:
        raise ContractError(
            f"{'; '.join(stopped)}. Nothing was written. Declare the column that says when the partner published a row "
            "(such as `published: published_at`): if rows that are held have it, migrate them (fieldstone contract "
            "migrate --who NAME --why TEXT); if not, declare a table under another name and take the rows in there. Or "
            "take the table's features out until it has a history"
        )
    if kinds:
        LOG.info(f"{job}: {constant_summary(kinds)}")


def constant_summary(kinds: dict[str, str]) -> str:
    """The number of constant features and some of their names, as text."""
    shown = ", ".join(f"{name} ({kind})" for name, kind in sorted(kinds.items())[:_SHOWN])
    more = f" and {len(kinds) - _SHOWN:,} more" if len(kinds) > _SHOWN else ""
    return f"{len(kinds):,} features are the same for every application and tell nothing: {shown}{more}"


def _is_silent(table: str, features: FeatureSet, kinds: dict[str, str]) -> bool:
    ours = [column.name for column in features.columns if column.kind == "records" and column.table == table]
    return bool(ours) and all(name in kinds for name in ours)


def _why(records: DataFrame, contract: Contract, last: datetime) -> str | None:
    """Why no record of a table counts for any application; None if some may. `last` is the latest moment."""
    number, known, happened = records.agg(F.count("*"), F.min("known_at"), F.min("event_time")).collect()[0]
    if not number:
        return None  # whether this is an error depends on its source
    if known > last:
        declared = f"is `published: {contract.published}` right?" if contract.published else "and it has no `published`"
        return f"no record of {contract.table} is known before as-of {last.isoformat()}, {declared}"
    if happened >= last:
        return (
            f"no record of {contract.table} has happened before as-of {last.isoformat()}, "
            f"is `event_time: {contract.event_time}` right?"
        )
    return None
