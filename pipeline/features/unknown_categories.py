"""Reports values that an encoding of `conf/features.yaml` doesn't list, so that they are missing as features."""

import logging

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.plain_features import FILE, PlainFeatures

LOG = logging.getLogger(__name__)


def tell(job: str, tables: dict[str, DataFrame], plain: PlainFeatures) -> None:
    """Print for each encoded column the number of records with a value that its encoding doesn't list.

    Args:
        job: name of the job, for messages.
        tables: contract table → silver frame; missing tables aren't reported.
    """
    for table, encoded in plain.encoded.items():
        if table not in tables:
            continue
        others = [F.col(each.column).isNotNull() & ~F.col(each.column).isin(*each.values) for each in encoded]
        counts = tables[table].agg(*(F.count(F.when(is_other, 1)).alias(f"_{i}") for i, is_other in enumerate(others)))
        for each, count in zip(encoded, counts.collect()[0], strict=True):
            if count:
                LOG.warning(
                    f"{job}: {count:,} records of {table} have a {each.column} that its encoding in {FILE} doesn't "
                    "name; as a feature it is missing"
                )
