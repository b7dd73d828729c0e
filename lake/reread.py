"""Asks an engine again for an answer that arrived broken."""

from collections.abc import Iterator

import grpc
from pyspark.sql.connect.client.retries import RetryPolicy


class Reread(RetryPolicy):
    """Up to three times, a tenth of a second apart.

    Now and then Python's gRPC can't parse a sound answer on a busy machine (grpc/grpc#34670). What comes as one message
    is a plan's analysis or a setting: it changed nothing, and may be asked for again. What comes as a stream is an
    execution, which may have written: it fails.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=3, initial_backoff=100)

    def can_retry(self, exception: BaseException) -> bool:
        """Whether it is one message that couldn't be parsed."""
        return (
            isinstance(exception, grpc.Call)
            and not isinstance(exception, Iterator)
            and exception.details() == "Exception deserializing response!"
        )
