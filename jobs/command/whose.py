"""How a person is named on the command line: by pseudonym, or by a number that only standard input sees."""

import re
import sys

from conf.schema.errors import UsageError
from conf.schema.subject import RESIDENT_ID, Subject
from pipeline.context import Context

_KEY = re.compile(r"[0-9a-f]{64}")


def key_of(context: Context, whom: str) -> str:
    """The `subject_key` of the person that the argument names, see `named`."""
    return named(context, whom)[0]


def named(context: Context, whom: str) -> tuple[str, str | None]:
    """The `subject_key` of the person that the argument names, and the number if one was entered.

    Args:
        whom: a subject key, or `-` to read a number from standard input, so that the number is neither in the shell's
            history nor in the list of processes. If numbers of several kinds look alike, the kind comes first:
            `member_no:17`.

    Raises:
        UsageError: the argument is neither, or the number may be of several kinds.
    """
    if _KEY.fullmatch(whom):
        return whom, None
    subjects, written = _subjects(context), sys.stdin.readline().strip("\r\n") if whom == "-" else ""
    kind, colon, number = written.partition(":")
    if colon and (of_kind := [subject for subject in subjects if subject.kind == kind.strip()]):
        subjects, written = of_kind, number
    by_kind = {subject.kind: (subject, meant) for subject in subjects if (meant := subject.named(written))}
    if len(by_kind) > 1:
        raise UsageError(
            f"the number fits several kinds of subject, {' or '.join(by_kind)}; write the kind before it, such as "
            f"{min(by_kind)}:NUMBER"
        )
    if not by_kind:
        kinds = list(dict.fromkeys(subject.kind for subject in subjects))
        known = "resident ID number" if kinds == [RESIDENT_ID] else f"number of kind {' or '.join(kinds)}"
        raise UsageError(
            f"a subject is given as its key of 64 hex digits, or as - with a valid {known} on standard input"
        )
    from lake.vault import token_of

    ((subject, meant),) = by_kind.values()
    return token_of(meant, context.vault.secrets.pseudonym), meant.removeprefix(subject.prefix)


def _subjects(context: Context) -> list[Subject]:
    """The kinds of subjects in the workspace's contracts."""
    stated = [contract.subject for contract in context.workspace.contracts.values() if contract.subject]
    return stated or [Subject(column=RESIDENT_ID)]
