"""The exceptions that a user is meant to read, named by what the caller can do, and how the command ends with them."""

from typing import ClassVar

FAILED, UNREADABLE, REFUSED = 1, 2, 3  # exit codes; the second is that of arguments which can't be read
INTERRUPTED = 130  # as a shell says of Ctrl-C


class FieldstoneError(Exception):
    """Something the user can put right: says what was given, what is allowed and what to do.

    The command line prints its text without a traceback. The text never holds a row's values. What is raised is one of
    the kinds below; this one itself stands for several that failed in different ways.

    Attributes:
        exit_code: what the command ends with.
        is_transient: it may pass by itself, so that the same again later may go well.
    """

    exit_code: ClassVar[int] = FAILED
    is_transient: bool = False

    def saying(self, text: str) -> "FieldstoneError":
        """An error of the same kind with another text."""
        return type(self)(text)


class Refused(FieldstoneError):
    """Batches or files were set aside: a person decides about them (`fieldstone batches`).

    The same command again finds nothing new and would end well, so whoever repeats what fails must not repeat this.
    """

    exit_code = REFUSED


class UsageError(FieldstoneError):
    """Arguments don't go together, or aren't what is asked for: say it otherwise."""


class NotFound(FieldstoneError):
    """There is nothing of that name: give one that there is, or make it first."""


class Conflict(FieldstoneError):
    """What is there isn't, or isn't any more, what this rests on: look again, then decide anew."""


class Busy(FieldstoneError):
    """Another run has it: run it again once that has ended."""

    is_transient = True


class Forbidden(FieldstoneError):
    """This person, or one person alone, may not: have it done by who may."""


class ConsentError(FieldstoneError):
    """Consent or purpose doesn't allow it, or isn't known for certain: nothing may be used until it does."""


class ContractError(FieldstoneError):
    """What a workspace declares isn't valid, or doesn't fit what is there: mend the declaration."""


class DataError(FieldstoneError):
    """What is held doesn't suffice, or can't be computed with: take in or build more, or mend what computes it."""


class PartnerError(FieldstoneError):
    """What a partner sent or answered can't be taken: repeat it where it may pass, else ask the partner."""

    def __init__(self, text: str, transient: bool = False) -> None:
        super().__init__(text)
        self.is_transient = transient

    def saying(self, text: str) -> "PartnerError":
        return PartnerError(text, transient=self.is_transient)


class IntegrityError(FieldstoneError):
    """What is stored was lost or changed since: put it back or restore a backup; some of it a person may accept."""


class SetupError(FieldstoneError):
    """The machine, its software, keys, settings or addresses aren't as needed: put that right."""


# every kind that is raised
KINDS: tuple[type[FieldstoneError], ...] = (
    UsageError, NotFound, Conflict, Busy, Forbidden, ConsentError, ContractError, DataError, PartnerError,
    IntegrityError, SetupError, Refused,
)  # fmt: skip
