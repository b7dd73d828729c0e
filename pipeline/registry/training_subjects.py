"""The subjects that each model version learnt from, applicants and others who consented, to compare with withdrawals.

An application may rest on records of other members of the household. They are found by the consents of its row.
A version is found by its fingerprint, which is recorded before it is registered, so that a killed run loses nothing.
"""

import pandas as pd
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from conf.schema.table_names import TRAINING_SUBJECTS
from conf.schema.table_roles import TableRole
from lake.consent import CONSENT_NO, by_role
from pipeline.context import Context


def learnt_from(context: Context, data: pd.DataFrame) -> set[str]:
    """All people whose data a training frame has: its subjects and the owners of its `consent_ids`.

    A public record of no named person has no subject.
    """
    subjects = set(data["subject_key"].dropna())
    if (grant := context.workspace.playing(TableRole.CONSENT)) is None:
        return subjects
    used = {number for numbers in data["consent_ids"] for number in numbers}
    # as known at the moment by which the frame's consents were checked, which may be later than `as_of`
    moment = context.lake.consent_moment(context.as_of)
    grants = context.lake.read(grant.named("silver"), purpose=Purpose.MODEL_TRAINING, as_of=moment)
    owners = by_role(grants, grant).select(CONSENT_NO, "subject_key").toPandas()
    return subjects | set(owners.loc[owners[CONSENT_NO].isin([*used]), "subject_key"])


def record(context: Context, model: str, fingerprint: str, subjects: set[str]) -> None:
    """Record the subjects of a training, each once; nothing where nobody is asked for consent."""
    lake = context.lake
    if context.workspace.playing(TableRole.CONSENT) is None:
        return
    with lake.lock(TRAINING_SUBJECTS, wait_seconds=600):
        new = sorted(subjects - remaining(context, model, fingerprint))
        if not new:
            return
        rows = [(model, fingerprint, key) for key in new]
        lake.append_gold(
            TRAINING_SUBJECTS, lake.spark.createDataFrame(rows, "model string, fingerprint string, subject_key string")
        )


def remaining(context: Context, model: str, fingerprint: str) -> set[str]:
    """Subjects of a training who haven't been erased or restricted since."""
    if not context.lake.exists(TRAINING_SUBJECTS):
        return set()
    rows = context.lake.read(TRAINING_SUBJECTS, purpose=Purpose.MODEL_TRAINING, as_of=context.as_of)
    of_version = rows.where((F.col("model") == model) & (F.col("fingerprint") == fingerprint))
    return {row["subject_key"] for row in of_version.select("subject_key").collect()}
