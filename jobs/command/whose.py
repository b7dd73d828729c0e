"""How a person is named on the command line: by pseudonym, or by a number that only standard input sees."""

import re
import sys

from conf.schema.errors import UsageError
from conf.schema.subject import RESIDENT_ID, Subject
from lake.vault import token_of
from pipeline.context import Context

_KEY = re.compile(r"[0-9a-f]{64}")


def key_of(context: Context, given: str) -> str:
    """The `subject_key` of whom the argument names, see `named`."""
    return named(context, given)[0]


def named(context: Context, given: str) -> tuple[str, str | None]:
    """The `subject_key` of whom the argument names, and the number where it was given.

    Args:
        given: a subject key, or `-` to read a number from standard input, so that it stands neither in the shell's
            history nor in the list of processes. Where numbers of several kinds look alike, the kind stands before
            it: `member_no:17`.

    Raises:
        UsageError: it is neither, or the number may be of several kinds.
    """
    if _KEY.fullmatch(given):
        return given, None
    subjects, written = _subjects(context), sys.stdin.readline().strip("\r\n") if given == "-" else ""
    kind, said, number = written.partition(":")
    if said and (of_kind := [subject for subject in subjects if subject.kind == kind.strip()]):
        subjects, written = of_kind, number
    found = {subject.kind: (subject, meant) for subject in subjects if (meant := subject.named(written))}
    if len(found) > 1:
        raise UsageError(
            f"the number may be of kind {' or '.join(found)}; write the kind before it, such as {min(found)}:NUMBER"
        )
    if not found:
        kinds = list(dict.fromkeys(subject.kind for subject in subjects))
        known = "resident ID number" if kinds == [RESIDENT_ID] else f"number of kind {' or '.join(kinds)}"
        raise UsageError(
            f"a subject is given as its key of 64 hex digits, or as - with a valid {known} on standard input"
        )
    ((subject, meant),) = found.values()
    return token_of(meant, context.vault.secrets.pseudonym), meant.removeprefix(subject.prefix)


def _subjects(context: Context) -> list[Subject]:
    """How the workspace's contracts know people."""
    stated = [contract.subject for contract in context.workspace.contracts.values() if contract.subject]
    return stated or [Subject(column=RESIDENT_ID)]
