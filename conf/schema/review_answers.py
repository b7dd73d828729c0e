"""Whose answer to a question about a model counts, and with what reason: what Airflow's form asks of it.

What an answer does is judged once more, by the audit trail. Here it only keeps a question from being used up.
"""

from collections.abc import Collection
from datetime import date

from conf.schema.audit_actions import OWNERS
from conf.schema.errors import Forbidden, UsageError
from conf.schema.people import People
from conf.schema.person_names import in_words, one_form

LONGEST = 2000  # characters of a reason


def check_reviewer(
    who: str, trainers: Collection[str], people: People, today: date, *, are_names_believed: bool
) -> None:
    """Refuse an answer by somebody who may not give it.

    Args:
        trainers: names of those who trained what is asked about, in one form.
        are_names_believed: whether whoever isn't among the people may answer, as in a sandbox; anybody may where
            nobody is listed.

    Raises:
        Forbidden: they trained it, aren't among the people, or aren't a reviewer today.
    """
    person = people.find(who)
    names = {person.id, *person.logins} if person else {one_form(who)}
    if names & {*trainers}:
        raise Forbidden(f"{who} trained it; another person has to answer")
    if person is None:
        if people.people and not are_names_believed:
            raise Forbidden(f"{who} isn't among the people who may answer")
    elif not OWNERS["approve"] & {*person.roles} or not person.is_current(today):
        raise Forbidden(f"{who} is {', '.join(person.roles)}, and a reviewer who may act today has to answer")


def check_reason(why: str) -> None:
    """Refuse a reason that the audit trail can't keep.

    Raises:
        UsageError: it is blank, longer than `LONGEST`, or has characters that aren't seen.
    """
    try:
        in_words(why)
    except UsageError as error:
        raise error.saying(f"Of the reason: {error}") from error
    if len(why) > LONGEST:
        raise UsageError(f"Of the reason: it has more than {LONGEST:,} characters; say it in fewer")


def shown(text: str) -> str:
    """What of an answer that is refused can stand in the audit trail: its first characters that are seen."""
    return "".join(character for character in text if character.isprintable())[:LONGEST]
