"""The `fieldstone` command."""

import gc
import os
import sys

from conf.schema.errors import INTERRUPTED
from jobs.command import standard_streams
from jobs.command.parser import parser

_OURS_ALONE = 0o077  # only the owner can read what a command writes: files 0600, folders 0700
# A command is short, and most of its objects belong to modules and stay. Repeated garbage collection over all of them
# takes a sixth of the time of the imports.
OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main(argv: list[str] | None = None) -> int:
    """Run one verb and return its exit code: 0 if it succeeded, else another code after a one-line error.

    The code is 1 if it may succeed when it is run again, 3 if something was refused, which only a person can correct,
    and 130 if it was interrupted.

    `FIELDSTONE_DEBUG=1` also shows the traceback of an error.
    """
    os.umask(_OURS_ALONE)
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(words[0] if words else "").parse_args(words)
    from jobs.command import running  # takes seconds to import; `--help` doesn't need it

    return running.run(arguments)


def command() -> None:
    """The console script. It exits at once, because threads of native libraries may abort an orderly shutdown."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    standard_streams.outlast_readers()
    try:
        code = main()
    except KeyboardInterrupt:  # before the verb had begun
        sys.stderr.write("fieldstone: interrupted; nothing was begun\n")
        code = INTERRUPTED
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    command()
