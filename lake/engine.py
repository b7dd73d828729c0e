"""Opens the session that the settings name: Sail in this process, Apache Spark, or a Spark Connect endpoint."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import cast

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from conf.schema.errors import KINDS, FieldstoneError, SetupError
from conf.schema.settings import Settings

NO_JAVA = (
    "engine 'spark' needs Java 17 or newer, and {java}; install it (Debian: apt install openjdk-17-jre-headless, "
    "macOS: brew install openjdk@17), set JAVA_HOME if it isn't on PATH, or use engine 'sail', which needs no Java"
)

_KINDS = {kind.__name__: kind for kind in KINDS}
_WORKER_ERROR = re.compile(rf"^{FieldstoneError.__module__}\.({'|'.join(_KINDS)}): (.*)$", re.MULTILINE)

# Delta on small data: few tasks, no UI, and a log that is read in two partitions instead of fifty.
_SPARK_OPTIONS = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
# Sail's allocator otherwise has the system clear huge pages again and again: a fifth of the time of an ingest.
# Keys and hashes neither repeat nor sort nor compress much, so little is tried on them: that is nearly half the time of
# a write, and files get no larger. Row groups bound what a write holds in memory.
_SAIL_PROCESS = {
    "RUST_LOG": "error",
    "GRPC_VERBOSITY": "NONE",  # its errors are raised anyway; its log while a process ends is of no use to users
    "SAIL_SPARK__SESSION_TIMEOUT_SECS": "86400",  # a process would lose its session after five idle minutes
    "MIMALLOC_ALLOW_THP": "0",
    "MIMALLOC_PURGE_DELAY": "10000",
    "SAIL_PARQUET__COMPRESSION": "zstd(1)",
    "SAIL_PARQUET__DICTIONARY_PAGE_SIZE_LIMIT": "65536",
    "SAIL_PARQUET__STATISTICS_ENABLED": "none",
    "SAIL_PARQUET__MAX_ROW_GROUP_SIZE": "131072",
}
# A local session accepts no connections from other hosts.
_LOOPBACK = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


def open_session(settings: Settings) -> SparkSession:
    """The session of `settings.engine`, with UTC as its time zone; one per process and engine.

    Raises:
        FieldstoneError: Java is missing or too old, or the address is no `sc://` one.
    """
    return _open(settings.engine, settings.spark_master, settings.spark_jars)


@cache
def _open(engine: str, master: str, jars: Path | None) -> SparkSession:
    session = {"sail": _sail, "spark": _spark, "connect": _connect}[engine](master, jars)
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session


@contextmanager
def reraise_worker_errors() -> Generator[None]:
    """Restore an error for the user that a worker raised and the engine wrapped in an error text of its own.

    Raises:
        FieldstoneError: a worker raised it.
    """
    try:
        yield
    except PySparkException as error:
        if match := _WORKER_ERROR.search(str(error)):
            raise _KINDS[match[1]](match[2]) from error
        raise


def _sail(master: str, jars: Path | None) -> SparkSession:
    for name, value in _SAIL_PROCESS.items():
        os.environ.setdefault(name, value)
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    if (address := server.listening_address) is None:
        raise SetupError("the embedded engine (engine: sail) hasn't started; try again, or set engine: spark")
    host, port = address
    session = _remote(f"sc://{host}:{port}")
    vars(session)["_fieldstone_server"] = server  # lives as long as the session
    return session


def _connect(master: str, jars: Path | None) -> SparkSession:
    if not master.startswith("sc://"):
        raise SetupError(
            f"engine 'connect' was given spark_master {master!r}; "
            "it must be an address like sc://host:15002 (FIELDSTONE_SPARK_MASTER)"
        )
    return _remote(master)


def _remote(address: str) -> SparkSession:
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    from lake.reread import Reread

    session = SparkSession.builder.remote(address).create()
    client = cast(ConnectSession, session).client
    client.set_retry_policies([*client.get_retry_policies(), Reread()])
    return session


def _spark(master: str, jars: Path | None) -> SparkSession:
    from delta import configure_spark_with_delta_pip

    require_java()
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # a parent process with a Connect session, such as a notebook on the embedded engine, leaves this behind
    os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)
    builder = SparkSession.builder.appName("fieldstone").master(master)
    for name, value in (_SPARK_OPTIONS | (_LOOPBACK if master.startswith("local") else {})).items():
        builder = builder.config(name, value)
    if jars:
        builder = builder.config("spark.jars", ",".join(str(jar) for jar in _jars(jars)))
    else:
        builder = configure_spark_with_delta_pip(builder)
    return builder.getOrCreate()


def _jars(folder: Path) -> list[Path]:
    jars = sorted(folder.glob("*.jar"))
    for part in ("delta-spark", "delta-storage"):
        if not any(jar.name.startswith(part) for jar in jars):
            raise SetupError(
                f"spark_jars folder {folder} holds {len(jars)} jars and no {part}*.jar; "
                "put the delta-spark and delta-storage jars there, or leave spark_jars unset to resolve them from Maven"
            )
    return jars


def require_java() -> int:
    """The version of the Java that Apache Spark would use.

    Raises:
        SetupError: it is missing or too old.
    """
    home = os.environ.get("JAVA_HOME")
    java = f"{home}/bin/java" if home else shutil.which("java")
    if not java or not Path(java).exists():
        raise SetupError(NO_JAVA.format(java="there is none"))
    banner = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', banner)
    if not version or int(version[1]) < 17:
        raise SetupError(NO_JAVA.format(java=f"this is Java {version[1] if version else 'of unknown version'}"))
    return int(version[1])
