"""Counts in English texts, each with its noun."""


def counted(count: int, noun: str) -> str:
    """A count with its noun, whose plural takes an s: `1 part`, `3,000 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
