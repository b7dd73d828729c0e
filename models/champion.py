"""What a version changes against the one that was in force when it was trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conf.schema.model import ModelSpec
from models.record import Record

_SETTINGS = ("kind", "label", "quantile", "rounds", "early_stopping_rounds", "seed", "calibration", "split", "search")
_OF_EACH = ("rows_oot", "bad_rate_oot", "mean_pd_oot")  # shown beside the figures of the gates


@dataclass(frozen=True)
class Champion:
    """The version in force, as its release tells of it.

    Attributes:
        figures: flat, named `<measure>_<slice>` as those of a record.
        features: that it reads.
        spec: how it was declared, as JSON has it.
    """

    version: str
    figures: Mapping[str, float]
    features: tuple[str, ...]
    spec: Mapping[str, Any]


@dataclass(frozen=True)
class Changes:
    """How a version differs from the champion.

    Attributes:
        figures: by name the champion's, None where it has none, and the version's; each on rows out of time of its own.
        added, removed: features, by name.
        settings: what is declared otherwise, by name as it was and is; parameters too, None where one isn't given.
    """

    version: str
    figures: dict[str, tuple[float | None, float]]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    settings: dict[str, tuple[Any, Any]]


def changes(record: Record, spec: ModelSpec, champion: Champion) -> Changes:
    """Compare a fit with the champion: what its gates judge and that rests on, its features and how it is declared."""
    before, after = _settings(champion.spec), _settings(spec.model_dump(mode="json"))
    names = dict.fromkeys([gate.metric for gate in record.gates] + [n for n in _OF_EACH if n in record.metrics])
    return Changes(
        champion.version,
        {name: (champion.figures.get(name), record.metrics[name]) for name in names},
        tuple(sorted({*record.features} - {*champion.features})),
        tuple(sorted({*champion.features} - {*record.features})),
        {
            name: (before.get(name), after.get(name))
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        },
    )


def _settings(declared: Mapping[str, Any]) -> dict[str, Any]:
    return {name: declared.get(name) for name in _SETTINGS} | declared.get("params", {})
