"""Whether decisions have as much to go by as the models had in training: features, and the tables behind them."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

import pandas as pd
from scipy import stats

from conf.errors import FieldstoneError
from features.spec import FeatureColumn
from jobs import outages, partner, training_data
from jobs.context import Context
from jobs.tracking import LEAN_ROWS, TABLE_ROWS, Champion
from lake import stored
from models import missing

_MOST_NAMED = 3
_PERIOD = timedelta(days=120)  # what comes once a quarter may be some weeks late
_PERIODS = [timedelta(days=30) * number for number in range(9)]  # how long ago each ended: over a year


def table_rows(context: Context) -> dict[str, int]:
    """Rows in silver of each table that features are computed from."""
    tables = {name for column in training_data.features(context.workspace).columns for name in column.tables}
    silver = {context.workspace.contract(table).named("silver") for table in tables}
    return {name: context.lake.count(name) if context.lake.exists(name) else 0 for name in sorted(silver)}


def lean_rows(context: Context) -> dict[str, int]:
    """Rows of each table that became known in a period, of the last year's periods the least.

    The leanest one allows for seasons. It is 0 for what comes at longer intervals, of which nothing is expected.
    """
    ends = [context.as_of - ago for ago in _PERIODS]
    return {table: min(_recent(context, table, ends)) for table in table_rows(context)}


def is_short(context: Context, rows: pd.DataFrame, champions: Iterable[Champion]) -> bool:
    """Whether more is missing than in training, and the policy lets a person decide then.

    What comes of a source that is out is judged by the policy's `when_suspended`, not here: all is referred for it, or
    what came last may be old, but not be gone.

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
        for table, why in _stale(context, champion).items():
            found.setdefault(table, []).insert(0, why)
    excused = _tables(context, partner.too_old(context))
    return {tables: why for tables, why in found.items() if not excused & set(tables.split(" + "))}


def _stale(context: Context, champion: Champion) -> dict[str, str]:
    """Tables to which far less was added lately than when training was leanest, and by how much."""
    least, told = context.workspace.policy.when_missing.least_recent, {}
    excused = _tables(context, outages.out(context))
    for table, before in json.loads(champion.tags.get(LEAN_ROWS, "{}")).items():
        (now,) = _recent(context, table, [context.as_of])
        if table not in excused and stats.poisson.cdf(now, least * before) < missing.BY_CHANCE:
            told[table] = f"{now:,} new in {_PERIOD.days} days, before training at least {before:,}"
    return told


def _recent(context: Context, table: str, ends: list[datetime]) -> list[int]:
    """Rows that became known in the period up to each of some moments."""
    if not context.lake.exists(table):
        return [0] * len(ends)
    return stored.known_between(context.lake, table, [(end - _PERIOD, end) for end in ends])


def _tables(context: Context, sources: Iterable[str]) -> set[str]:
    return {contract.named("silver") for source in sources for contract in context.workspace.tables_of(source)}


def _silver(context: Context, column: FeatureColumn) -> str:
    return " + ".join(context.workspace.contract(table).named("silver") for table in column.tables)


def _listed(why: list[str]) -> str:
    told = list(dict.fromkeys(why))
    more = len(told) - _MOST_NAMED
    return ", ".join(told[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
