"""How a person is named on the command line: by pseudonym, or by an ID number that only standard input sees."""

import re
import sys

from conf.schema.errors import UsageError
from conf.schema.identifiers import is_resident_id, normalised
from lake.vault import token_of
from pipeline.context import Context

_KEY = re.compile(r"[0-9a-f]{64}")


def key_of(context: Context, given: str) -> str:
    """The `subject_key` of whom the argument names, see `named`."""
    return named(context, given)[0]


def named(context: Context, given: str) -> tuple[str, str | None]:
    """The `subject_key` of whom the argument names, and the ID number where it was given.

    Args:
        given: a subject key, or `-` to read a resident ID number from standard input, so that it stands neither in
            the shell's history nor in the list of processes.

    Raises:
        FieldstoneError: it is neither.
    """
    if _KEY.fullmatch(given):
        return given, None
    number = normalised(sys.stdin.readline()) if given == "-" else ""
    if not is_resident_id(number):
        raise UsageError(
            "a subject is given as its key of 64 hex digits, or as - with a valid resident ID number on standard input"
        )
    return token_of(number, context.vault.secrets.pseudonym), number
