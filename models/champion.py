"""Differences of a version from the version that was in force when it was trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.record import Record


@dataclass(frozen=True)
class InForce:
    """The version in force, as described by its release.

    Attributes:
        figures: by name `<measure>_<slice>`, like those of a record.
        features: that it reads.
        declared_otherwise: by place in the declaration, its former and its present value; None for a missing one.
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
