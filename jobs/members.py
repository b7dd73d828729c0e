"""Who a model version has learnt from, so that withdrawals can be held against it.

A version is found by its fingerprint, which is there before it is registered: a killed run leaves nothing unknown.
"""

import pandas as pd
from pyspark.sql import functions as F

from conf.contract import Purpose
from jobs.context import Context

MEMBERS = "gold__training_members"


def record(context: Context, model: str, fingerprint: str, data: pd.DataFrame) -> None:
    """Note the subjects of a training, once; nothing where nobody is asked for consent."""
    lake = context.lake
    if "consent__grant" not in context.workspace.contracts:
        return
    with lake.lock(MEMBERS, wait_seconds=600):
        if remaining(context, model, fingerprint):
            return
        rows = [(model, fingerprint, key) for key in sorted(data["subject_key"].unique())]
        lake.append_gold(
            MEMBERS, lake.spark.createDataFrame(rows, "model string, fingerprint string, subject_key string")
        )


def remaining(context: Context, model: str, fingerprint: str) -> set[str]:
    """Subjects of a training who are neither erased nor restricted since."""
    if not context.lake.exists(MEMBERS):
        return set()
    rows = context.lake.read(MEMBERS, purpose=Purpose.MODEL_TRAINING, as_of=context.as_of)
    of_version = rows.where((F.col("model") == model) & (F.col("fingerprint") == fingerprint))
    return {row["subject_key"] for row in of_version.select("subject_key").collect()}
