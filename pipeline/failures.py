"""Tries several things independently of each other, and raises their errors at the end."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from conf.schema.errors import FieldstoneError, Refused

STOPPED = "stopped by the system"


class Tried:
    """Collects errors.

    Attributes:
        failed: name of a failed thing → its error.
    """

    def __init__(self) -> None:
        self.failed: dict[str, Exception] = {}

    @contextmanager
    def each(self, name: str) -> Iterator[None]:
        """Try one thing; its error is kept for the end."""
        try:
            yield
        except Exception as error:
            self.failed[name] = error

    def end(self) -> None:
        """Raise the errors: a single one as it is, several as one error that lists them all.

        Raises:
            FieldstoneError: several things failed; `Refused` if one was refused, because another run would hide it.
        """
        errors = list(self.failed.values())
        if len(errors) == 1:
            raise errors[0]
        if errors:
            by_text = defaultdict(list)
            for name, error in self.failed.items():
                by_text[message(error)].append(name)
            each = "; ".join(f"{', '.join(names)}: {text}" for text, names in by_text.items())
            kind = Refused if any(isinstance(error, Refused) for error in errors) else FieldstoneError
            raise kind(f"{len(errors):,} things failed, the others went on: {each}") from errors[0]


def message(error: Exception) -> str:
    """The text of an error for messages; without the text of system and library errors, which may quote a row."""
    if isinstance(error, FieldstoneError):
        return str(error)
    number = error.errno if isinstance(error, OSError) else None
    if match := re.search(r"\(os error (\d+)\)", str(error)):
        number = int(match[1])
    cause = os.strerror(number) if number else type(error).__name__
    return (
        f"{STOPPED}: {cause}; put the cause right and run it again "
        "(FIELDSTONE_DEBUG=1 shows the traceback, which may hold data)"
    )
