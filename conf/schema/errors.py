"""The exceptions that a user is meant to read, and how the command line ends with them."""

FAILED, REFUSED = 1, 3  # exit codes; 2 is that of arguments which can't be read


class FieldstoneError(Exception):
    """Something the user can put right: says what was given, what is allowed and what to do.

    The command line prints its text without a traceback. The text never holds a row's values.
    """


class Refused(FieldstoneError):
    """Batches or files were set aside, and wait for a person (`fieldstone batches`).

    The same command again finds nothing new and would end well, so whoever repeats what fails must not repeat this.
    """
