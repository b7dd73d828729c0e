"""What a reviewer answers to red findings of a validation in Airflow's form, for `fieldstone approve --answer`."""

import re
from collections.abc import Collection

from conf.schema.errors import UsageError
from conf.schema.person_names import in_words

LINE = re.compile(r"\s*(\w+)\s*[:：]\s*(.*\S)\s*")


def to_findings(text: str, red: Collection[str], *, are_required: bool) -> dict[str, str]:
    """Answers by red finding, from lines `NAME: TEXT`; blank lines count for nothing.

    Args:
        red: names of the findings that may be answered.
        are_required: whether each has to be; a sandbox answers for itself.

    Raises:
        UsageError: a line is no answer, answers no red finding or one that is answered already, can't be kept in
            the audit trail, or a finding has none.
    """
    given: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if not (found := LINE.fullmatch(line)):
            raise UsageError(f"line {number} of the answers is no answer; write one on each line, as NAME: TEXT")
        name, said = found.groups()
        if name not in red:
            known = ", ".join(red) or "none"
            raise UsageError(f"{name} is no red finding, and those of this version are {known}; answer those alone")
        if name in given:
            raise UsageError(f"{name} is answered twice; answer it on one line")
        given[name] = _kept(name, said)
    if are_required and (open_ := [name for name in red if name not in given]):
        raise UsageError(f"no answer to {', '.join(open_)}; write why it may be in force all the same, as NAME: TEXT")
    return given


def _kept(name: str, text: str) -> str:
    try:
        return in_words(text)
    except UsageError as error:
        raise UsageError(f"of the answer to {name}: {error}") from error
