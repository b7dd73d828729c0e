"""When the answers to a validation's red findings let a version be approved: one rule for the form and the command."""

from collections.abc import Collection, Sequence

BY_COMMAND = '--answer {}="..."'  # how one is typed after `fieldstone approve`, with a slot for the finding


def why_not(
    answers: Sequence[tuple[str, str]], red: Collection[str], how: str, *, are_required: bool = True
) -> str | None:
    """Why answers keep a version from being approved; None if they are of red findings alone, and each has one.

    Args:
        answers: findings with what is answered to each, in the order in which it was said.
        red: names of the findings that are red.
        how: how one is written where it is missing, with a slot for the finding, such as `{}: TEXT`.
        are_required: whether each finding has to have one; a sandbox answers for itself.
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
