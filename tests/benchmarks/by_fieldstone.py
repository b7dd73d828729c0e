"""The transaction features as the product computes them: declarations of `features.banking` through `assemble`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pyspark.sql import SparkSession

from conf.schema import workspace
from conf.schema.settings import Settings
from features import banking
from features.engine.assemble import assemble
from features.engine.collect import collect
from features.engine.feature_set import FeatureSet
from lake.engine import open_session

TABLE = "bank__transaction"


def transaction_features() -> FeatureSet:
    """What `features.banking` declares of the transaction table."""
    features = collect([banking])
    columns = tuple(column for column in features.columns if column.table == TABLE and column.kind == "records")
    return replace(features, columns=columns, measures={TABLE: features.measures[TABLE]})


def on_sail() -> Callable[[Path, Path], None]:
    """Start the embedded engine."""
    return _on(open_session(Settings(engine="sail")))


def on_spark() -> Callable[[Path, Path], None]:
    """Start plain Apache Spark on two cores, with memory to spare and without Delta, which nothing here needs."""
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "8g")
    for name, value in {"ui.enabled": "false", "ui.showConsoleProgress": "false", "log.level": "ERROR"}.items():
        builder = builder.config(f"spark.{name}", value)
    session = builder.config("spark.sql.shuffle.partitions", "8").getOrCreate()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return _on(session)


def _on(session: SparkSession) -> Callable[[Path, Path], None]:
    declared = workspace.load()
    contracts, zone = declared.contracts, declared.settings.time_zone

    def run(folder: Path, target: Path) -> None:
        spine = session.read.parquet(f"{folder}/spine.parquet")
        bookings = session.read.parquet(f"{folder}/transactions")
        spine = spine.withColumn("as_of", spine.as_of.cast("timestamp"))
        bookings = bookings.withColumns({n: bookings[n].cast("timestamp") for n in ("event_time", "known_at")})
        features = assemble(spine, {TABLE: bookings}, transaction_features(), contracts, zone=zone)
        features.drop("subject_key", "as_of", "consent_ids").write.mode("overwrite").parquet(str(target))

    return run
