"""Looks for copies in a batch of wide rows; prints how far memory grew, the bytes of the rows, and how many are copies.

In a process of its own: `python peak_of_copies.py FOLDER`.
"""

import os
import resource
import sys
from pathlib import Path

import psutil
from pyspark.sql import functions as F

from conf.schema import workspace
from conf.schema.settings import Settings
from expectations.checks import FAILED_CHECKS, REASONS
from expectations.key_checks import IS_COPY, copies, numbered
from lake.engine import open_session

ROWS, BYTES_A_ROW, COPIES = 200_000, 4_096, 1_000
CONTRACT = workspace.load().contracts["bank__transaction"]


def main(folder: Path) -> None:
    spark = open_session(Settings(engine="sail"))
    number = (F.col("id") % (ROWS - COPIES)).cast("string")
    technical = {name: F.lit("x") for name in ("subject_key", "_received_at", "_batch_id", "_source_ref")}
    nothing = {name: F.array().cast("array<string>") for name in (REASONS, FAILED_CHECKS)}
    columns = dict.fromkeys((*CONTRACT.stored, "_row_hash"), number) | technical | nothing
    wide = spark.range(ROWS).select(
        *(column.alias(name) for name, column in columns.items()),
        F.repeat(F.sha2(F.col("id").cast("string"), 256), BYTES_A_ROW // 64).alias("_raw"),
    )
    numbered(wide).write.parquet(str(folder / "wide"))
    frame = spark.read.parquet(str(folder / "wide"))
    before = psutil.Process().memory_info().rss
    copies(frame, CONTRACT).write.parquet(str(folder / "judged"))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    copied = spark.read.parquet(str(folder / "judged")).where(IS_COPY).count()
    print(grown, ROWS * BYTES_A_ROW, copied, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    os._exit(0)  # threads of native libraries may abort an orderly end
