"""What an applicant asks for and could ask for otherwise, and how features follow it."""

AMOUNT, TERM = "requested_cny", "term_months"
ASKED = (AMOUNT, TERM)

# Of what is asked for, that which a feature follows, each with the power: 1 in proportion, -1 inversely, and None where
# it does so in a way that nobody declared.
Follows = tuple[tuple[str, int | None], ...]
