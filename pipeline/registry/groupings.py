"""The groups of a spec, such as households, by which rows are split for training and test; never used as features."""

import pandas as pd
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from conf.schema.errors import DataError
from conf.schema.grouping import Grouping
from conf.schema.model import ModelSpec
from models import splits
from pipeline.context import Context

_COLUMNS = {"folds_by": splits.FOLD, "together": splits.TOGETHER, "out_of": splits.OUT_OF}


def joined(context: Context, data: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """The training frame with a column for each of the spec's groupings, null where consent forbids to know it.

    Args:
        data: with `subject_key`.

    Raises:
        DataError: the table with the members of a group is missing.
    """
    groups = {_COLUMNS[name]: _of(context, data, each) for name, each in spec.split.groupings.items()}
    return data.assign(**groups)


def _of(context: Context, data: pd.DataFrame, by: Grouping) -> pd.Series:
    contract, silver = context.workspace.contract(by.table), context.workspace.contract(by.table).named("silver")
    if not context.lake.exists(silver):
        raise DataError(
            f"applications are grouped by {by.column} of {by.table}, which has no rows yet; run ingest "
            f"{contract.source} and refine, or take the grouping out of split"
        )
    rows = context.lake.read(silver, purpose=Purpose.MODEL_TRAINING, as_of=context.as_of)
    latest = F.max_by(by.column, F.struct("known_at", "_row_hash")).alias("group")
    known = rows.groupBy("subject_key").agg(latest).toPandas().set_index("subject_key")["group"]
    return data["subject_key"].map(known if by.first is None else known.str[: by.first])
