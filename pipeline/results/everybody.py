"""Results of the verbs for everybody."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pages:
    """What `docs` has written: the start page, which leads to all others."""

    index: str
