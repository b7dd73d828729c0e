"""Results of the verbs for everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.results.data_engineers import SourceRun
from pipeline.results.modelers import Built, Decided, Trained


@dataclass(frozen=True)
class Pages:
    """What `docs` has written: the start page, which leads to all others."""

    index: str


@dataclass(frozen=True)
class HealthCheck:
    """What was found of one thing.

    Attributes:
        detail: how it is; where it isn't well, also what to do.
    """

    about: str
    is_well: bool
    detail: str


@dataclass(frozen=True)
class Health:
    """What `doctor` has looked at, and whether all of it is well."""

    is_well: bool
    checks: tuple[HealthCheck, ...]


@dataclass(frozen=True)
class WorkspaceDrafted:
    """A workspace that `init` has drafted.

    Attributes:
        source: its name.
        notes: what was guessed, and what a person should look at.
        next_steps: what to type, in order.
    """

    folder: Path
    source: str
    notes: tuple[str, ...]
    next_steps: tuple[str, ...]


@dataclass(frozen=True)
class VersionListed:
    """A version of a model, as `models` lists it; attributes as of `pipeline.releases.model_pages.Row`.

    Attributes:
        acts: who did what to it, when and why, oldest first, in words.
    """

    version: str
    page: str | None
    paper: str | None
    customers: str | None
    status: str
    gates: str
    fingerprint: str
    weaker: Sequence[str]
    acts: tuple[str, ...]
    is_in_force: bool


@dataclass(frozen=True)
class VersionCounted:
    """A version of a model, as `summary` shows it; `approval` is None where nobody approved it."""

    version: str
    aliases: tuple[str, ...]
    approval: str | None
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class DecisionsCounted:
    """How many applications had a decision, and their limits together, in the workspace's currency."""

    applications: int
    limit_cny: str


@dataclass(frozen=True)
class Summary:
    """What `summary` has counted.

    Attributes:
        rows: by layer and table.
        quarantined: failing rows by reason; a row that fails for two counts under each.
        models: versions by model.
        decisions: by decision.
        obstacles: what holds up training and deciding, in words.
        hashes: of each table's content; only of `--json`, for they take a while.
    """

    rows: Mapping[str, Mapping[str, int]]
    quarantined: Mapping[str, int]
    models: Mapping[str, tuple[VersionCounted, ...]]
    decisions: Mapping[str, DecisionsCounted]
    obstacles: tuple[str, ...]
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChainRun:
    """What `run` has come to; `decided` is None where there is no policy."""

    ingested: tuple[SourceRun, ...]
    refined: tuple[SourceRun, ...]
    built: Built
    trained: tuple[Trained, ...]
    decided: Decided | None
    summary: Summary


@dataclass(frozen=True)
class SourceState:
    """A source as it stands.

    Attributes:
        connection: kind of connection, such as `files`.
        where: folder, address or the variable that holds it; None for files of the landing zone.
        tables: contracts of what it delivers.
        last_received: when its last batch came that wasn't refused; None if none did.
        out: why it is out, such as `suspended` or `late`; None if it isn't.
    """

    name: str
    connection: str
    where: str
    tables: tuple[str, ...]
    gates: bool
    last_received: datetime | None
    out: str | None
