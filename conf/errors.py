"""The one exception that a user is meant to read."""


class FieldstoneError(Exception):
    """Something the user can put right: says what was given, what is allowed and what to do.

    The command line prints its text without a traceback. The text never holds a row's values.
    """
