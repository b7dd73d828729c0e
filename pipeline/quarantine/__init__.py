"""Rows that failed: which wait, what a person corrects in them, which are replayed and which are deleted."""
