"""Decisions by a person about open cases: batches that were set aside, and contracts that changed."""
