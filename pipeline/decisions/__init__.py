"""Decisions: what they rest on, how they are made, kept and made again."""
