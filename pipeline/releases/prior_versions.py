"""Versions of a model before one under review, so that nobody loosens a gate unseen by another training."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lake.entries import Entry
from lake.release_documents import Bounds, FitDocument, GateDocument
from pipeline.registry import trainings
from pipeline.trail import releases


@dataclass(frozen=True)
class Version:
    """A trained version.

    Attributes:
        status: as text, such as approved or rejected.
        facts: of its training, see `trainings.Training`.
    """

    name: str
    status: str
    was_approved: bool
    facts: FitDocument


@dataclass(frozen=True)
class VersionGate:
    """A gate of a version.

    Attributes:
        gate: its bounds, the value and whether it passed.
        version: the version with this gate.
    """

    gate: GateDocument
    version: Version


def before(entries: Sequence[Entry], model: str, number: str, in_force: str | None) -> list[Version]:
    """The versions that were trained before one and after the one in force, the latest first.

    Versions before the one in force were reviewed with its approval.
    """
    first = int(in_force) if in_force and int(in_force) < int(number) else 0
    trained = (json.loads(entry.details) for entry in entries if entry.action == trainings.TRAIN)
    numbers = {str(each.get("version")) for each in trained if each.get("model") == model}
    between = {int(each) for each in numbers if each.isdecimal() and first < int(each) < int(number)}
    versions = (_version(entries, model, str(each)) for each in sorted(between, reverse=True))
    return [version for version in versions if version]


def strictest(versions: Iterable[Version]) -> dict[str, VersionGate]:
    """Figure → its strictest gate among some versions; of equal gates that of the latest version."""
    strictest_of: dict[str, VersionGate] = {}
    for version in versions:
        for gate in version.facts["gates"]:
            known = strictest_of.get(gate["metric"])
            if known is None or is_weaker(gate, known.gate):
                strictest_of[gate["metric"]] = VersionGate(gate, version)
    return strictest_of


def loosened(entries: Sequence[Entry], model: str, number: str) -> list[str]:
    """Figures whose gate is weaker than those of earlier versions, back to the last approved one."""
    if not (version := _version(entries, model, number)):
        return []
    now = {gate["metric"]: gate for gate in version.facts["gates"]}
    versions = before(entries, model, number, None)
    until = next((n for n, each in enumerate(versions, start=1) if each.was_approved), len(versions))
    gates_before = strictest(versions[:until])
    return [name for name, was in gates_before.items() if name not in now or is_weaker(was.gate, now[name])]


def is_weaker(was: Bounds, now: Bounds) -> bool:
    """Whether a gate passes values that another gate of the same figure refuses."""
    lowered = was["min"] is not None and (now["min"] is None or now["min"] < was["min"])
    raised = was["max"] is not None and (now["max"] is None or now["max"] > was["max"])
    return lowered or raised


def _version(entries: Sequence[Entry], model: str, number: str) -> Version | None:
    """A version with its status; None if the audit trail has no training of it."""
    if (training := trainings.find(entries, model, number)) is None:
        return None
    was_approved, ended = releases.was_approved(entries, model, number), releases.why_ended(entries, model, number)
    if ended is None and training.made["passed"] != "true":
        ended = "failed its gates"
    status = ended or ("was approved" if was_approved else "was never approved")
    return Version(f"{model}:{number}", status, was_approved, training.facts)
