"""Rows that failed: which wait, what a person corrects in them, and which are deleted."""
