"""What may be used of whom, whether every withdrawal has taken effect, and what is to be redone after a restore."""
