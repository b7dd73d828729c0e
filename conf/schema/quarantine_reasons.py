"""Why a row is in quarantine. The only reason codes there are."""

from enum import StrEnum


class ReasonCode(StrEnum):
    """Reason codes of quarantined rows; the value stands in the tables, the comment says when it applies."""

    RAGGED_ROW = (
        "RAGGED_ROW"  # more or fewer fields than the header, or a quote that closes too early, never, or rows later
    )
    BAD_ENCODING = "BAD_ENCODING"  # bytes that the declared encoding doesn't have
    BAD_RECORD = "BAD_RECORD"  # a line that is no JSON object, or a notice of withdrawal that lacks declared names
    LOST_DIGITS = "LOST_DIGITS"  # a number in a workbook with more than the 15 digits that Excel keeps
    ERROR_CELL = "ERROR_CELL"  # an error in a workbook's cell, or a formula that was never computed
    MERGED_CELL = "MERGED_CELL"  # a merged cell that shows one value for several rows
    INVALID_SUBJECT = "INVALID_SUBJECT"  # the subject's identifier is missing or fails its check
    IDENTIFIER_IN_CLEAR = (
        "IDENTIFIER_IN_CLEAR"  # stored as it is, it would show a resident ID, or a text a mobile number
    )
    MISSING_VALUE = "MISSING_VALUE"  # a required column is empty
    BAD_TYPE = "BAD_TYPE"  # the text can't be read as the declared type
    OUT_OF_RANGE = "OUT_OF_RANGE"  # below `min` or above `max`
    NOT_ALLOWED = "NOT_ALLOWED"  # not among `values`
    BAD_FORMAT = "BAD_FORMAT"  # fails `pattern` or the check of its `format`
    RULE_BROKEN = "RULE_BROKEN"  # a rule over several columns fails
    FUTURE_TIME = "FUTURE_TIME"  # says that it was published or happened after it was received
    DUPLICATE_KEY = "DUPLICATE_KEY"  # another row of the key says something else, and the table knows no versions
    ORPHAN_KEY = "ORPHAN_KEY"  # refers to a key that no table holds
    OTHER_SUBJECT = "OTHER_SUBJECT"  # refers to a record of another subject
    UNKNOWN_CONSENT_TEXT = "UNKNOWN_CONSENT_TEXT"  # the text shown to the subject isn't one of ours
    OTHER_CONSENT_TEXT = "OTHER_CONSENT_TEXT"  # the hash is of another version of the text than the one that is named
    CONSENT_TEXT_NOT_IN_FORCE = "CONSENT_TEXT_NOT_IN_FORCE"  # given before its text was in force, or after it
    BEYOND_CONSENT_TEXT = "BEYOND_CONSENT_TEXT"  # for data or uses that its text doesn't speak of
    CONSENT_WITHOUT_END = "CONSENT_WITHOUT_END"  # it ends so late that it never ends
    ENDED_CONSENT = "ENDED_CONSENT"  # came as a consent given, and says that it was withdrawn
    UNDER_AGE = "UNDER_AGE"  # given by a child, whose parents would have to
