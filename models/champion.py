"""What a version changes against the one that was in force when it was trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.record import Record


@dataclass(frozen=True)
class InForce:
    """The version in force, as its release tells of it.

    Attributes:
        figures: flat, named `<measure>_<slice>` as those of a record.
        features: that it reads.
        declared_otherwise: of the declaration, by place, what it was and what it is now; None for what isn't there.
    """

    version: str
    figures: Mapping[str, float]
    features: tuple[str, ...]
    declared_otherwise: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Changes:
    """How a version differs from the champion.

    Attributes:
        champion: the version in force.
        figures: by name the champion's and the version's, each on rows of its own.
        added, removed: features, by name.
    """

    champion: InForce
    figures: dict[str, tuple[float, float]]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def changes(record: Record, champion: InForce) -> Changes:
    """Compare a fit with the champion: the figures that both have, and the features."""
    return Changes(
        champion,
        {name: (was, record.metrics[name]) for name, was in champion.figures.items() if name in record.metrics},
        tuple(sorted({*record.features} - {*champion.features})),
        tuple(sorted({*champion.features} - {*record.features})),
    )
