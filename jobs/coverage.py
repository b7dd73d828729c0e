"""Whether decisions have as much to go by as the models had in training: features, and the tables behind them."""

import json
from collections.abc import Iterable

import pandas as pd

from conf.errors import FieldstoneError
from features.spec import FeatureColumn
from jobs import outages, training_data
from jobs.context import Context
from jobs.tracking import TABLE_ROWS, Champion
from models import missing

_MOST_NAMED = 3


def table_rows(context: Context) -> dict[str, int]:
    """Rows in silver of each table that features are computed from."""
    tables = {name for column in training_data.features(context.workspace).columns for name in column.tables}
    silver = {context.workspace.contract(table).named("silver") for table in tables}
    return {name: context.lake.count(name) if context.lake.exists(name) else 0 for name in sorted(silver)}


def is_short(context: Context, rows: pd.DataFrame, champions: Iterable[Champion]) -> bool:
    """Whether more is missing than in training, and the policy lets a person decide then.

    What comes of a source that is out is judged by the policy's `when_suspended`, not here.

    Args:
        rows: the feature rows to be scored.
        champions: that score them.

    Raises:
        FieldstoneError: more is missing, and the policy lets nothing be decided then.
    """
    found = _short(context, rows, list(champions))
    if not found:
        return False
    told = "; ".join(f"{table}: {_listed(why)}" for table, why in sorted(found.items()))
    if context.workspace.policy.when_missing.decisions == "stop":
        raise FieldstoneError(
            f"nothing decided, for more is missing than when the models were trained: {told}. Take the data in again "
            "(fieldstone batches list shows what stands refused), refine and build features; if it will never come, "
            "train on what there is and have it approved; or let when_missing in conf/policy.yaml say refer"
        )
    print(f"decide: all are referred, for more is missing than when the models were trained: {told}")
    return True


def _short(context: Context, rows: pd.DataFrame, champions: list[Champion]) -> dict[str, list[str]]:
    """Table in silver → what is missing of it."""
    rules, workspace = context.workspace.policy.when_missing, context.workspace
    declared = {column.name: column for column in training_data.features(workspace).columns}
    found: dict[str, list[str]] = {}
    for predictor in (champion.predictor for champion in champions):
        for name, why in missing.lacking(predictor.missing, predictor.features, rows, rules.least_known).items():
            if name in declared and declared[name].kind == "records":
                found.setdefault(_silver(context, declared[name]), []).append(f"{name} {why}")
    now = table_rows(context)
    for champion in champions:
        for table, before in json.loads(champion.tags.get(TABLE_ROWS, "{}")).items():
            if now.get(table, 0) < rules.least_rows * before:
                found.setdefault(table, []).insert(0, f"{now.get(table, 0):,} rows, in training {before:,}")
    excused = {contract.named("silver") for source in outages.out(context) for contract in workspace.tables_of(source)}
    return {tables: why for tables, why in found.items() if not excused & set(tables.split(" + "))}


def _silver(context: Context, column: FeatureColumn) -> str:
    return " + ".join(context.workspace.contract(table).named("silver") for table in column.tables)


def _listed(why: list[str]) -> str:
    told = list(dict.fromkeys(why))
    more = len(told) - _MOST_NAMED
    return ", ".join(told[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
