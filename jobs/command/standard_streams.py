"""Standard streams whose reader may end early, as in `fieldstone … | head`; the command goes on."""

import io
import sys
from typing import Any


class _Outlasting(io.FileIO):
    """Discards output that nobody reads any more."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes


def outlasting(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """A stream with the target and encoding of another, to which writing goes on without a reader."""
    raw = _Outlasting(stream.fileno(), "w", closefd=False)
    by_line = stream.line_buffering or stream.write_through
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=stream.encoding, errors=stream.errors, line_buffering=by_line
    )


def outlast_readers() -> None:
    """Make this process's standard output and error such streams; a closed one stays closed."""
    for name in ("stdout", "stderr"):
        if stream := getattr(sys, name):
            setattr(sys, name, outlasting(stream))
