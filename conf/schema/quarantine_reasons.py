"""Reason codes: why a row is in quarantine. There are no others."""

from enum import StrEnum


class ReasonCode(StrEnum):
    """Reason codes of quarantined rows; tables contain the value, and the comment says when it applies."""

    RAGGED_ROW = (
        "RAGGED_ROW"  # more or fewer fields than the header, or a quote that closes too early, rows later, or never
    )
    BAD_ENCODING = "BAD_ENCODING"  # bytes that aren't valid in the declared encoding
    BAD_RECORD = "BAD_RECORD"  # a line that isn't a JSON object, or a notice of withdrawal without a declared name
    LOST_DIGITS = "LOST_DIGITS"  # a number in a workbook with more than the 15 digits that Excel keeps
    ERROR_CELL = "ERROR_CELL"  # an error in a workbook's cell, or a formula that was never computed
    MERGED_CELL = "MERGED_CELL"  # a merged cell that shows one value for several rows
    INVALID_SUBJECT = "INVALID_SUBJECT"  # the subject's identifier is missing or fails its check
    IDENTIFIER_IN_CLEAR = (
        "IDENTIFIER_IN_CLEAR"  # a value to be stored unchanged contains a resident ID, or a text a mobile number
    )
    MISSING_VALUE = "MISSING_VALUE"  # a required column is empty
    BAD_TYPE = "BAD_TYPE"  # the text can't be read as the declared type
    OUT_OF_RANGE = "OUT_OF_RANGE"  # below `min` or above `max`
    NOT_ALLOWED = "NOT_ALLOWED"  # not among `values`
    BAD_FORMAT = "BAD_FORMAT"  # fails `pattern` or the check of its `format`
    RULE_BROKEN = "RULE_BROKEN"  # a rule over several columns fails
    FUTURE_TIME = "FUTURE_TIME"  # the row's publication or event is later than its receipt
    DUPLICATE_KEY = "DUPLICATE_KEY"  # another row of the key differs, and the table has no versions
    ORPHAN_KEY = "ORPHAN_KEY"  # refers to a key that its table doesn't have
    OTHER_SUBJECT = "OTHER_SUBJECT"  # refers to a record of another subject
    UNKNOWN_CONSENT_TEXT = "UNKNOWN_CONSENT_TEXT"  # the text shown to the subject isn't one of the workspace's
    OTHER_CONSENT_TEXT = "OTHER_CONSENT_TEXT"  # the hash belongs to another version of the text than the named one
    CONSENT_TEXT_NOT_IN_FORCE = "CONSENT_TEXT_NOT_IN_FORCE"  # given before or after its text was in force
    BEYOND_CONSENT_TEXT = "BEYOND_CONSENT_TEXT"  # covers data or uses that its text doesn't mention
    CONSENT_WITHOUT_END = "CONSENT_WITHOUT_END"  # ends so late that it has no end in practice
    ENDED_CONSENT = "ENDED_CONSENT"  # delivered as a granted consent, although it is marked as withdrawn
    UNDER_AGE = "UNDER_AGE"  # given by a child; a parent would have to consent
