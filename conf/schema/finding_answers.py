"""The rule on answers to a validation's red findings before a version is approved, for the form and the command."""

import re
from collections.abc import Collection, Sequence

from conf.schema.errors import UsageError
from conf.schema.person_names import in_words

BY_COMMAND = '--answer {}="..."'  # an answer as an option of `fieldstone approve`, with a slot for the finding
BY_FORM = "{}: TEXT"  # an answer as a line of Airflow's form
_LINE = re.compile(r"\s*(\w+)\s*[:：]\s*(.*\S)\s*")
_OF_FORM = "Of the answers to red findings"


def why_not(
    answers: Sequence[tuple[str, str]], red: Collection[str], how: str, *, are_required: bool = True
) -> str | None:
    """Why the answers don't allow approval; None if every red finding has an answer, and no other finding has one.

    Args:
        answers: (finding, answer) in the order in which they were entered.
        red: names of the red findings.
        how: how to write a missing answer, with a slot for the finding, such as `{}: TEXT`.
        are_required: whether each red finding needs an answer; in a sandbox none does.
    """
    named, known = [name for name, _ in answers], ", ".join(red) or "none"
    if other := sorted({*named} - {*red}):
        return f"it answers {', '.join(other)}, and the red findings of its validation are {known}; answer those alone"
    if twice := sorted({name for name in named if named.count(name) > 1}):
        return f"it answers {', '.join(twice)} more than once; answer each finding once"
    answered = {name for name, text in answers if text.strip()}
    if are_required and (open_ := [name for name in red if name not in answered]):
        return (
            f"its validation has red findings that nobody has answered: {', '.join(open_)}. Read them in its report, "
            f"and say of each why the version may be in force all the same: {' '.join(map(how.format, open_))}"
        )
    return None


def of_form(text: str, red: Collection[str], *, are_required: bool = True) -> dict[str, str]:
    """Answers by red finding, from a form's lines `NAME: TEXT`; blank lines count for nothing.

    Args:
        red: names of the findings that may be answered.
        are_required: as in `why_not`.

    Raises:
        UsageError: a line is no answer or can't be kept, or `why_not` says why they don't do.
    """
    lines = enumerate(text.splitlines(), start=1)
    try:
        answers = [_answer(number, line) for number, line in lines if line.strip()]
    except UsageError as error:
        raise error.saying(f"{_OF_FORM}: {error}") from error
    if why := why_not(answers, red, BY_FORM, are_required=are_required):
        raise UsageError(f"{_OF_FORM}: {why}")
    return dict(answers)


def _answer(number: int, line: str) -> tuple[str, str]:
    """The finding and what is answered to it, of one line."""
    if not (match := _LINE.fullmatch(line)):
        raise UsageError(f"line {number} of the answers isn't an answer; write one on each line, as NAME: TEXT")
    name, text = match.groups()
    try:
        return name, in_words(text)
    except UsageError as error:
        raise UsageError(f"of the answer to {name}: {error}") from error
