"""How an engine reads and shows moments in zones; prints it as JSON: `python -m tests.parity.days sail|spark`.

It runs in a process of its own, for one process can't hold both engines' sessions.
"""

import csv
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from pyspark.sql import functions as F

from conf.schema.clock import local_sql, zoned_sql
from conf.schema.contract import Column
from conf.schema.settings import Settings
from expectations.typed import Zones, value
from lake.engine import open_session

# Cuba's and Morocco's rules of the next years differ between releases of the time zone database
ZONES = ("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Africa/Cairo",
         "Pacific/Apia", "Asia/Kolkata", "Australia/Lord_Howe")  # fmt: skip
YEARS = (1582, 1900, 1901, 1940, 1949, *range(1986, 1993), 2011, 2018, 2023, 2024, 2026, 2099, 2100, 2101, 9998)
CHANGES = (
    "1986-05-04 02:30:00", "1991-09-15 01:30:00", "2018-11-04 00:00:00", "2018-02-17 23:30:00", "2011-12-30 12:00:00",
    "2023-04-28 00:00:00", "2023-10-26 23:30:00", "2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026-03-08 02:30:00",
    "2026-11-01 01:30:00", "2099-12-31 23:59:59", "2100-01-01 00:00:00", "2100-01-01 01:00:00", "2100-07-01 00:00:00",
)  # fmt: skip
VECTORS = Path(__file__).parents[1] / "data" / "typed_vectors.csv"


def moments() -> list[datetime]:
    """Clock times: changes of summer time, and others in steps of a quarter of an hour."""
    random = Random(7)
    quarters = [datetime(y, 1, 1) + timedelta(minutes=15 * random.randrange(35_000)) for y in YEARS for _ in range(40)]
    return [*map(datetime.fromisoformat, CHANGES), *quarters]


def readings(engine: str) -> dict:
    """What the engine makes of the moments in each zone, and of the texts of `typed_vectors.csv`."""
    spark = open_session(Settings(engine=engine))
    texts = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments()]
    clocks = spark.createDataFrame([(t,) for t in texts], "text string").select(
        "text", F.to_timestamp("text").alias("at")
    )
    by_zone: dict = {}
    timestamp = Column(type="timestamp", en="x", zh="x")
    for zone in ZONES:
        columns = (
            F.expr(local_sql("at", zone)),
            F.expr(zoned_sql("at", zone)),
            value(F.col("text"), timestamp, Zones(zone, zone)),
        )
        rows = clocks.select("text", *(c.cast("string") for c in columns)).collect()
        by_zone[zone] = {row[0]: list(row[1:]) for row in rows}
    with VECTORS.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    kinds = sorted({(row["type"], row["parse"]) for row in table})
    vectors = []
    for kind, parse in kinds:
        texts_of_kind = [row["text"] for row in table if (row["type"], row["parse"]) == (kind, parse)]
        read = value(F.col("text"), Column(type=kind, parse=parse or None, en="x", zh="x")).cast("string")
        rows = spark.createDataFrame([(text,) for text in texts_of_kind], "text string").select("text", read).collect()
        vectors += [[kind, parse, *row] for row in rows]
    return {"zones": by_zone, "vectors": sorted(vectors, key=str)}


if __name__ == "__main__":
    print(json.dumps(readings(sys.argv[1])))
