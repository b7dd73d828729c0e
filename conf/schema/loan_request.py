"""The terms that an applicant requests and could change, and how features follow them."""

from enum import StrEnum

AMOUNT, TERM = "requested_amount", "term_months"
REQUESTED = (AMOUNT, TERM)

# Requested term → power with which a feature follows it: 1 in proportion, -1 inversely, None if the way isn't declared.
Follows = tuple[tuple[str, int | None], ...]


class Repaid(StrEnum):
    """How a feature changes once an applicant has repaid all loans, all else being equal.

    Attributes:
        ZERO: it becomes 0 if it is known.
        SAME: it doesn't change.
        BARS: known only if it is 0 before; other applicants aren't shown what repaying would change.
        UNKNOWN: not declared, although other features of the same records declare it.
    """

    ZERO = "zero"
    SAME = "same"
    BARS = "bars"
    UNKNOWN = "unknown"
