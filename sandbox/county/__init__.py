"""A synthetic, believable county with a known truth.

No figure was estimated from data of real people. Shares, spreads and coefficients are assumed, and each module that has
some says so; a code or check that follows a standard names it.
"""

RECORD = "county.json"  # what was generated, beside the landing zone
COUNTY = {"households": 5000, "months": 36, "seed": 7, "defect_share": 0.01, "thin_files": 0.4}
"""What a county is like unless one is asked for: of a size at which its newcomers show what joining is worth."""
