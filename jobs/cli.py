"""The `fieldstone` command."""

import gc
import os
import sys

from conf.schema.errors import INTERRUPTED
from jobs.command import standard_streams
from jobs.command.parser import parser

_OURS_ALONE = 0o077  # what we write nobody else on the machine can read: files 0600, folders 0700
# A command is short, and most objects that it makes are modules' and stay: to look through all of them for garbage
# again and again is a sixth of the time that the imports take.
OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main(argv: list[str] | None = None) -> int:
    """Run one verb; 0 if it went well, else with a one-line error.

    1 if it may go well when it is run again; 3 if something was refused, which only a person can put right;
    130 if it was interrupted.

    `FIELDSTONE_DEBUG=1` shows the traceback of an error too.
    """
    os.umask(_OURS_ALONE)
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(words[0] if words else "").parse_args(words)
    from jobs.command import running  # takes seconds to import, which `--help` is not to wait for

    return running.run(arguments)


def command() -> None:
    """The console script. It leaves at once: threads of native libraries may abort an orderly shutdown."""
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
