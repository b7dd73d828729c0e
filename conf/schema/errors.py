"""The exceptions that are shown to users, named by what the user can do, and the exit codes of the command."""

from typing import ClassVar

FAILED, UNREADABLE, REFUSED = 1, 2, 3  # exit codes; UNREADABLE is for arguments that can't be read
INTERRUPTED = 130  # a shell's exit code for Ctrl-C


class FieldstoneError(Exception):
    """An error that the user can correct: the text says what was given, what is allowed and what to do.

    The command line prints its text without a traceback. The text never contains a row's values. Code raises one of the
    kinds below; this class itself stands for several errors of different kinds.

    Attributes:
        exit_code: exit code of the command.
        is_transient: whether the cause may pass by itself, so that a later try may succeed.
    """

    exit_code: ClassVar[int] = FAILED
    is_transient: bool = False

    def saying(self, text: str) -> "FieldstoneError":
        """An error of the same kind with another text."""
        return type(self)(text)


class Refused(FieldstoneError):
    """Batches or files were set aside: a person decides about them (`fieldstone batches`).

    The same command would find no new batches and succeed, so a scheduler that repeats failed tasks must not repeat it.
    """

    exit_code = REFUSED


class UsageError(FieldstoneError):
    """Arguments don't fit together, or aren't of the required form: change the arguments."""


class NotFound(FieldstoneError):
    """Nothing has that name: use an existing name, or create it first."""


class Conflict(FieldstoneError):
    """The present state differs from the one that the command relies on: look at it again, then decide anew."""


class Busy(FieldstoneError):
    """Another run uses the resource: try again when that run has ended."""

    is_transient = True


class Forbidden(FieldstoneError):
    """This person, or one person alone, isn't allowed to do it: ask somebody who is."""


class ConsentError(FieldstoneError):
    """Consent or purpose doesn't allow the use, or isn't known for certain: don't use the data until it does."""


class ContractError(FieldstoneError):
    """A declaration of the workspace isn't valid, or doesn't fit the stored data: correct the declaration."""


class DataError(FieldstoneError):
    """The stored data don't suffice, or can't be computed: ingest or build more, or correct the computation."""


class PartnerError(FieldstoneError):
    """A partner's delivery or answer can't be accepted: repeat the command if it is transient, else ask the partner."""

    def __init__(self, text: str, transient: bool = False) -> None:
        super().__init__(text)
        self.is_transient = transient

    def saying(self, text: str) -> "PartnerError":
        return PartnerError(text, transient=self.is_transient)


class IntegrityError(FieldstoneError):
    """Stored data were lost or changed: put them back or restore a backup; a person may accept some of the changes."""


class SetupError(FieldstoneError):
    """The machine, its software, keys, settings or addresses aren't as required: correct them."""


# every kind that is raised
KINDS: tuple[type[FieldstoneError], ...] = (
    UsageError, NotFound, Conflict, Busy, Forbidden, ConsentError, ContractError, DataError, PartnerError,
    IntegrityError, SetupError, Refused,
)  # fmt: skip
