"""A synthetic, believable county with a known truth."""
