"""What an applicant asks for and could change, and how features follow it."""

from enum import StrEnum

AMOUNT, TERM = "requested_cny", "term_months"
REQUESTED = (AMOUNT, TERM)

# Of what is asked for, that which a feature follows, each with the power: 1 in proportion, -1 inversely, and None where
# it does so in a way that nobody declared.
Follows = tuple[tuple[str, int | None], ...]


class Repaid(StrEnum):
    """What becomes of a feature once all that an applicant owes on loans is repaid, all else being the same.

    Attributes:
        ZERO: it is 0 where it is known.
        SAME: it stays as it is.
        BARS: it is known only where it is 0 before; nobody else is told what repaying would bring.
        UNKNOWN: nobody declared it, though it is computed from the same records as others that did.
    """

    ZERO = "zero"
    SAME = "same"
    BARS = "bars"
    UNKNOWN = "unknown"
