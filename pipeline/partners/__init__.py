"""What a partner is worth to the bank."""
