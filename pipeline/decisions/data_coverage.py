"""Checks that decisions have as much data as the models had in training: features, and the tables they come from."""

import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

import pandas as pd
from scipy.special import pdtr

from conf.schema import required
from conf.schema.contract import Purpose
from conf.schema.errors import DataError
from features.engine.feature_set import FeatureColumn
from lake import raw_access
from models import missing_values
from pipeline.context import Context
from pipeline.features.build import SCORING
from pipeline.registry import training_data
from pipeline.registry.tracking import LEAN_ROWS, TABLE_ROWS
from pipeline.releases.champions import Champion
from pipeline.sources import outages, suspension

LOG = logging.getLogger(__name__)

_MOST_NAMED = 3
_PERIOD = timedelta(days=120)  # quarterly data may be some weeks late
_PERIODS = [timedelta(days=30) * number for number in range(9)]  # the time since the end of each period, over a year


def table_rows(context: Context) -> dict[str, int]:
    """Number of rows in silver of each table that features are computed from."""
    tables = {name for column in training_data.features(context.workspace).columns for name in column.tables}
    silver = {context.workspace.contract(table).named("silver") for table in tables}
    return {name: context.lake.count(name) if context.lake.exists(name) else 0 for name in sorted(silver)}


def lean_rows(context: Context) -> dict[str, int]:
    """Table → rows that became known in a period: the minimum over the periods of the last year.

    The minimum allows for seasons. It is 0 for tables with longer intervals, for which no row is expected.
    """
    ends = [context.as_of - ago for ago in _PERIODS]
    return {table: min(_recent(context, table, ends)) for table in table_rows(context)}


def is_short(context: Context, rows: pd.DataFrame, champions: Iterable[Champion]) -> bool:
    """Whether more data are missing than in training, and the policy lets a person decide in this case.

    A few rows may lack data by chance: they are checked together with all pending applications. If those are few as
    well, a person decides on rows without data that nearly all rows had in training; other rows aren't stopped, because
    the applicants themselves may have no such data.

    Data of a source that is out are handled by the policy's `when_suspended`, not here: all is referred for it, or
    its last data may be old, but not missing.

    Args:
        rows: the feature rows to be scored.
        champions: the versions that score them.

    Raises:
        FieldstoneError: more data are missing, and the policy allows no decision in this case.
    """
    in_force = list(champions)
    seen = rows if len(rows) >= missing_values.JUDGED_ROWS else _pending(context)
    tables, features = _short(context, in_force), _lacking(context, seen, in_force)
    if not tables and not features:
        return False
    missing_of = {table: tables.get(table, []) + features.get(table, []) for table in {*tables, *features}}
    what = "; ".join(f"{table}: {_listed(why)}" for table, why in sorted(missing_of.items()))
    is_sure = bool(tables) or len(seen) >= missing_values.JUDGED_ROWS
    if is_sure and required.policy(context.workspace).when_missing.decisions == "stop":
        raise DataError(
            f"nothing decided, because more data are missing than when the models were trained: {what}. Ingest the "
            "data again (fieldstone batches list shows what was refused), refine and build features; if they will "
            "never come, train without them and have the new version approved; or set when_missing: refer in "
            "conf/policy.yaml"
        )
    few = "" if is_sure else f" (only {len(seen)} applications are pending, which may be chance)"
    LOG.warning(
        f"decide: all applications are referred, because more data are missing than when the models were "
        f"trained{few}: {what}"
    )
    return True


def _pending(context: Context) -> pd.DataFrame:
    """The feature rows of all pending applications, decided or not."""
    return context.lake.read(SCORING, purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of).toPandas()


def _lacking(context: Context, rows: pd.DataFrame, champions: list[Champion]) -> dict[str, list[str]]:
    """Table in silver → its features that are missing in a larger share of rows than in training."""
    least_known, workspace = required.policy(context.workspace).when_missing.least_known, context.workspace
    declared = {column.name: column for column in training_data.features(workspace).columns}
    lacking: dict[str, list[str]] = {}
    for predictor in (champion.predictor for champion in champions):
        for name, why in missing_values.lacking(predictor.missing, predictor.features, rows, least_known).items():
            if name in declared and declared[name].kind == "records":
                lacking.setdefault(_silver(context, declared[name]), []).append(f"{name} {why}")
    return _not_excused(context, lacking)


def _short(context: Context, champions: list[Champion]) -> dict[str, list[str]]:
    """Table in silver → text on its missing rows."""
    now, least_rows = table_rows(context), required.policy(context.workspace).when_missing.least_rows
    short: dict[str, list[str]] = {}
    for champion in champions:
        for table, before in json.loads(champion.tags.get(TABLE_ROWS, "{}")).items():
            if now.get(table, 0) < least_rows * before:
                short.setdefault(table, []).insert(0, f"{now.get(table, 0):,} rows, in training {before:,}")
        for table, why in _stale(context, champion).items():
            short.setdefault(table, []).insert(0, why)
    return _not_excused(context, short)


def _not_excused(context: Context, reasons: dict[str, list[str]]) -> dict[str, list[str]]:
    excused = _tables(context, suspension.too_old(context))
    return {tables: why for tables, why in reasons.items() if not excused & set(tables.split(" + "))}


def _stale(context: Context, champion: Champion) -> dict[str, str]:
    """Table → text on its recent rows, if these are far fewer than in the leanest period before training."""
    least, stale = required.policy(context.workspace).when_missing.least_recent, {}
    excused = _tables(context, outages.out(context))
    for table, before in json.loads(champion.tags.get(LEAN_ROWS, "{}")).items():
        (now,) = _recent(context, table, [context.as_of])
        if table not in excused and pdtr(now, least * before) < missing_values.BY_CHANCE:
            stale[table] = f"{now:,} new in {_PERIOD.days} days, before training at least {before:,}"
    return stale


def _recent(context: Context, table: str, ends: list[datetime]) -> list[int]:
    """Number of rows that became known in the period before each of some moments."""
    if not context.lake.exists(table):
        return [0] * len(ends)
    return raw_access.known_between(context.lake, table, [(end - _PERIOD, end) for end in ends])


def _tables(context: Context, sources: Iterable[str]) -> set[str]:
    return {contract.named("silver") for source in sources for contract in context.workspace.tables_of(source)}


def _silver(context: Context, column: FeatureColumn) -> str:
    return " + ".join(context.workspace.contract(table).named("silver") for table in column.tables)


def _listed(why: list[str]) -> str:
    reasons = list(dict.fromkeys(why))
    more = len(reasons) - _MOST_NAMED
    return ", ".join(reasons[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
