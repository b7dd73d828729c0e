"""Standard streams whose reader may leave before the end, as that of `fieldstone … | head` does: work goes on."""

import io
import sys
from typing import Any


class _Outlasting(io.FileIO):
    """Takes what nobody reads any more."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes


def outlasting(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """A stream to where another leads, in its encoding, to which writing goes on without a reader."""
    raw = _Outlasting(stream.fileno(), "w", closefd=False)
    by_line = stream.line_buffering or stream.write_through
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=stream.encoding, errors=stream.errors, line_buffering=by_line
    )


def outlast_readers() -> None:
    """Let this process's standard output and error be such streams; one that was closed stays so."""
    for name in ("stdout", "stderr"):
        if stream := getattr(sys, name):
            setattr(sys, name, outlasting(stream))
