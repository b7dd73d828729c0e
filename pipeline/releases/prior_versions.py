"""Versions of a model before one that is asked about: nobody loosens a gate by training once more."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lake.entries import Entry
from lake.release_documents import Bounds, FitDocument, GateDocument
from pipeline.registry import trainings
from pipeline.trail import releases


@dataclass(frozen=True)
class Version:
    """A version that somebody trained.

    Attributes:
        status: what became of it, in words.
        facts: what its training told, see `trainings.Training`.
    """

    name: str
    status: str
    was_approved: bool
    facts: FitDocument


@dataclass(frozen=True)
class VersionGate:
    """A gate that a version was held to.

    Attributes:
        gate: its bounds, the value and whether it passed.
        version: which version was.
    """

    gate: GateDocument
    version: Version


def before(entries: Sequence[Entry], model: str, number: str, in_force: str | None) -> list[Version]:
    """The versions that were trained before one and after the one in force, the latest first.

    What came before the one in force was judged with its approval.
    """
    first = int(in_force) if in_force and int(in_force) < int(number) else 0
    trained = (json.loads(entry.details) for entry in entries if entry.action == trainings.TRAIN)
    numbers = {str(each.get("version")) for each in trained if each.get("model") == model}
    between = {int(each) for each in numbers if each.isdecimal() and first < int(each) < int(number)}
    versions = (_version(entries, model, str(each)) for each in sorted(between, reverse=True))
    return [version for version in versions if version]


def strictest(versions: Iterable[Version]) -> dict[str, VersionGate]:
    """The strictest gate of each figure that any of some versions was held to; of equal ones the latest's."""
    strictest_of: dict[str, VersionGate] = {}
    for version in versions:
        for gate in version.facts["gates"]:
            known = strictest_of.get(gate["metric"])
            if known is None or is_weaker(gate, known.gate):
                strictest_of[gate["metric"]] = VersionGate(gate, version)
    return strictest_of


def loosened(entries: Sequence[Entry], model: str, number: str) -> list[str]:
    """Figures whose gate is weaker than those of the versions before, back to the last one that was approved."""
    if not (version := _version(entries, model, number)):
        return []
    now = {gate["metric"]: gate for gate in version.facts["gates"]}
    versions = before(entries, model, number, None)
    until = next((n for n, each in enumerate(versions, start=1) if each.was_approved), len(versions))
    gates_before = strictest(versions[:until])
    return [name for name, was in gates_before.items() if name not in now or is_weaker(was.gate, now[name])]


def is_weaker(was: Bounds, now: Bounds) -> bool:
    """Whether a gate lets through what another one of the same figure doesn't."""
    lowered = was["min"] is not None and (now["min"] is None or now["min"] < was["min"])
    raised = was["max"] is not None and (now["max"] is None or now["max"] > was["max"])
    return lowered or raised


def _version(entries: Sequence[Entry], model: str, number: str) -> Version | None:
    """What became of a version; None if no training is known of it."""
    if (training := trainings.find(entries, model, number)) is None:
        return None
    was_approved, ended = releases.was_approved(entries, model, number), releases.why_ended(entries, model, number)
    if ended is None and training.made["passed"] != "true":
        ended = "failed its gates"
    status = ended or ("was approved" if was_approved else "was never approved")
    return Version(f"{model}:{number}", status, was_approved, training.facts)
