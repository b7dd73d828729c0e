"""The value of a partner to the bank."""
