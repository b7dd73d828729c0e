"""Fixtures for all tests."""

import os

import pytest

os.environ.setdefault("RUST_LOG", "error")


@pytest.fixture(scope="session")
def spark():
    """A session on the embedded engine, in process, in UTC; one for the whole test run."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    yield session
    session.stop()
    server.stop()
