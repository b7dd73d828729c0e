"""Repeat a request to an engine whose answer couldn't be parsed."""

from collections.abc import Iterator

import grpc
from pyspark.sql.connect.client.retries import RetryPolicy


class Reread(RetryPolicy):
    """Retry up to three times, a tenth of a second apart.

    On a busy machine Python's gRPC sometimes can't parse a valid answer (grpc/grpc#34670). A single message answers a
    plan's analysis or a setting, which changed nothing and can be repeated. A stream answers an execution, which may
    have written rows: it isn't repeated.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=3, initial_backoff=100)

    def can_retry(self, exception: BaseException) -> bool:
        """Whether the error is a single message that couldn't be parsed."""
        return (
            isinstance(exception, grpc.Call)
            and not isinstance(exception, Iterator)
            and exception.details() == "Exception deserializing response!"
        )
