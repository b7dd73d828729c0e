"""An answer of the engine that arrives broken is asked for again, unless it is an execution, which may have written."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import grpc
import pyspark.sql.connect.proto as pb2
import pytest
from pyspark.errors import PySparkException

from conf.schema.settings import Settings
from lake.engine import open_session

BROKEN = b"\xff"
NAME = "/spark.connect.SparkConnectService/"


class Engine(grpc.GenericRpcHandler):
    """An engine that answers in bytes: so many analyses broken before a sound one, and each execution broken."""

    def __init__(self, broken: int) -> None:
        self.broken = broken
        self.calls: list[str] = []

    def service(self, handler_call_details):
        """The method that is called."""
        method = handler_call_details.method.removeprefix(NAME)
        self.calls.append(method)
        if method in ("ExecutePlan", "ReattachExecute"):
            return grpc.unary_stream_rpc_method_handler(lambda request, call: iter([BROKEN]))
        return grpc.unary_unary_rpc_method_handler(self.analyze if method == "AnalyzePlan" else self.acknowledge)

    def analyze(self, request: bytes, call) -> bytes:
        """The version, once the broken answers are used up."""
        session = pb2.AnalyzePlanRequest.FromString(request).session_id
        if self.calls.count("AnalyzePlan") <= self.broken:
            return BROKEN
        version = pb2.AnalyzePlanResponse.SparkVersion(version="4.0.0")
        return pb2.AnalyzePlanResponse(session_id=session, spark_version=version).SerializeToString()

    def acknowledge(self, request: bytes, call) -> bytes:
        """That a setting is set or something released: the session alone, in the field that all requests have first."""
        session = pb2.ConfigRequest.FromString(request).session_id
        return pb2.ConfigResponse(session_id=session).SerializeToString()


@contextmanager
def session_of(engine: Engine) -> Iterator:
    """A session with an engine on a free port of this machine."""
    server = grpc.server(ThreadPoolExecutor(2), handlers=[engine])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        spark = open_session(Settings(engine="connect", spark_master=f"sc://127.0.0.1:{port}"))
        with closing(spark.client):
            yield spark
    finally:
        server.stop(0).wait()


def test_an_analysis_is_asked_for_again():
    engine = Engine(broken=2)
    with session_of(engine) as spark:
        assert spark.version == "4.0.0"
    assert engine.calls.count("AnalyzePlan") == 3


def test_an_execution_is_not():
    engine = Engine(broken=0)
    with session_of(engine) as spark, pytest.raises(PySparkException, match="deserializing"):
        spark.sql("select 1").collect()
    assert engine.calls.count("ExecutePlan") == 1
