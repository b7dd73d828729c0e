"""Rows that failed: which wait, and what a person corrects in them."""
