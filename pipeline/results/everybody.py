"""Results of the verbs for everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.results.data_engineers import SourceRun
from pipeline.results.modelers import Built, Decided, Trained


@dataclass(frozen=True)
class Pages:
    """Result of `docs`: the start page, which links to all others."""

    index: str


@dataclass(frozen=True)
class HealthCheck:
    """The result of one check.

    Attributes:
        detail: its state; if it isn't well, also what to do.
    """

    about: str
    is_well: bool
    detail: str


@dataclass(frozen=True)
class Health:
    """Result of `doctor`: its checks, and whether all are well."""

    is_well: bool
    checks: tuple[HealthCheck, ...]


@dataclass(frozen=True)
class WorkspaceDrafted:
    """A workspace that `init` has drafted.

    Attributes:
        source: its name.
        notes: guesses, and points that a person should check.
        next_steps: commands to type, in order.
    """

    folder: Path
    source: str
    notes: tuple[str, ...]
    next_steps: tuple[str, ...]


@dataclass(frozen=True)
class VersionListed:
    """A version of a model, as `models` lists it; attributes as in `pipeline.releases.model_pages.Row`.

    Attributes:
        status: in English, for programs.
        status_in_words: in the workspace's languages, for people.
        acts: actions on it, with person, time and reason, oldest first, as text.
    """

    version: str
    page: str | None
    paper: str | None
    customers: str | None
    status: str
    status_in_words: str
    gates: str
    fingerprint: str
    weaker: Sequence[str]
    acts: tuple[str, ...]
    is_in_force: bool


@dataclass(frozen=True)
class VersionCounted:
    """A version of a model, as `summary` shows it; `approval` is None if it wasn't approved."""

    version: str
    aliases: tuple[str, ...]
    approval: str | None
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class DecisionsCounted:
    """Number of applications with a decision, and the sum of their limits, in the workspace's currency."""

    applications: int
    limit_amount: str


@dataclass(frozen=True)
class Summary:
    """Result of `summary`.

    Attributes:
        rows: by layer and table.
        quarantined: failing rows by reason; a row with two reasons counts under each.
        models: versions by model.
        decisions: by decision.
        obstacles: reasons that prevent training and deciding, as text.
        hashes: of each table's content; only with `--json`, because they take a while.
    """

    rows: Mapping[str, Mapping[str, int]]
    quarantined: Mapping[str, int]
    models: Mapping[str, tuple[VersionCounted, ...]]
    decisions: Mapping[str, DecisionsCounted]
    obstacles: tuple[str, ...]
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ChainRun:
    """Result of `run`; `decided` is None if there is no policy."""

    ingested: tuple[SourceRun, ...]
    refined: tuple[SourceRun, ...]
    built: Built
    trained: tuple[Trained, ...]
    decided: Decided | None
    summary: Summary


@dataclass(frozen=True)
class SourceState:
    """The current state of a source.

    Attributes:
        connection: kind of connection, such as `files`.
        where: folder, address or the variable that holds it; None for files of the landing zone.
        tables: contracts of the tables that it delivers.
        last_received: time of its last batch that wasn't refused; None if there is none.
        out: why it is out, such as `suspended` or `late`; None if it isn't.
    """

    name: str
    connection: str
    where: str
    tables: tuple[str, ...]
    gates: bool
    last_received: datetime | None
    out: str | None
