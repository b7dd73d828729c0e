"""Protected attributes of the applicants in training data, for fairness tests only."""

import pandas as pd
from pyspark.sql import functions as F

from conf.schema.contract import Contract, Purpose
from models import fairness
from pipeline.context import Context


def groups(context: Context, data: pd.DataFrame) -> pd.DataFrame | None:
    """The protected group of each application, one column per protected column of the contracts.

    Covers only people with a live consent for fairness tests, whatever basis the bank's records have; where nobody
    is asked for consent, covers all.

    Args:
        data: `application_id` and `subject_key`.

    Returns:
        Indexed by `application_id`, null where nobody may know it; None if no contract has a protected column that may
        be read.
    """
    tables = [_of_table(context, contract) for contract in context.workspace.contracts.values()]
    known = [table for table in tables if table is not None]
    if not known:
        return None
    attributes = pd.concat(known, axis=1).reindex(data["subject_key"]).dropna(axis=1, how="all")
    return attributes.set_axis(pd.Index(data["application_id"])).transform(fairness.banded)


def _of_table(context: Context, contract: Contract) -> pd.DataFrame | None:
    names = [name for name, column in contract.columns.items() if column.protected]
    silver = contract.named("silver")
    readable = Purpose.FAIRNESS_TESTING in contract.purposes and contract.subject and context.lake.exists(silver)
    if not (names and readable):
        return None
    rows = context.lake.read(silver, purpose=Purpose.FAIRNESS_TESTING, as_of=context.as_of)
    consenting = context.lake.consenting(Purpose.FAIRNESS_TESTING, context.as_of)
    rows = rows if consenting is None else rows.join(consenting, "subject_key", "left_semi")
    latest = [F.max_by(name, F.struct("known_at", "_row_hash")).alias(name) for name in names]
    return rows.groupBy("subject_key").agg(*latest).toPandas().set_index("subject_key")
