"""People of the bank: enrolled with a key of their own, and released."""
