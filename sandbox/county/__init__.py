"""A synthetic, believable county with a known truth.

No figure was estimated from data of real people. Shares, spreads and coefficients are assumed, and each module that has
some says so; a code or check that follows a standard names it.
"""

RECORD = "county.json"  # what was generated, beside the landing zone
