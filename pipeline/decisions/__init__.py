"""Decisions: their inputs, and how they are made, stored and replayed."""
