"""What a reviewer answers to red findings of a validation in Airflow's form, for `fieldstone approve --answer`."""

import re
from collections.abc import Collection

from conf.schema import finding_answers
from conf.schema.errors import UsageError
from conf.schema.person_names import in_words

LINE = re.compile(r"\s*(\w+)\s*[:：]\s*(.*\S)\s*")


def to_findings(text: str, red: Collection[str], *, are_required: bool) -> dict[str, str]:
    """Answers by red finding, from lines `NAME: TEXT`; blank lines count for nothing.

    Args:
        red: names of the findings that may be answered.
        are_required: whether each has to be; a sandbox answers for itself.

    Raises:
        UsageError: a line is no answer or can't be kept, or `finding_answers.why_not` says why they don't do.
    """
    pairs = [_answer(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if why := finding_answers.why_not(pairs, red, "{}: TEXT", are_required=are_required):
        raise UsageError(why)
    return dict(pairs)


def _answer(number: int, line: str) -> tuple[str, str]:
    """The finding and what is answered to it, of one line."""
    if not (match := LINE.fullmatch(line)):
        raise UsageError(f"line {number} of the answers is no answer; write one on each line, as NAME: TEXT")
    name, text = match.groups()
    return name, _kept(name, text)


def _kept(name: str, text: str) -> str:
    try:
        return in_words(text)
    except UsageError as error:
        raise UsageError(f"of the answer to {name}: {error}") from error
