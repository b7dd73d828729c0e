"""Gates of versions before one that is asked about, and what of a declaration changed; by entries of a trail alone."""

import json
from datetime import UTC, datetime

import pytest

from conf.schema.model import Gate, ModelSpec
from lake.entries import Entry
from pipeline.features import declarations
from pipeline.releases import prior_versions
from pipeline.trail import differences

FAILED, PASSED = False, True


class TrailOfVersions:
    """A trail as trainings and judgements leave it."""

    def __init__(self):
        self.entries: list[Entry] = []

    def say(self, actor: str, action: str, **details) -> Entry:
        entry = Entry(len(self.entries) + 1, datetime.now(UTC), actor, action, json.dumps(details), "", "")
        self.entries.append(entry)
        return entry

    def trained(self, number: int, *gates: tuple, model: str = "limit") -> None:
        judged = [dict(zip(("metric", "min", "max", "passed"), gate, strict=True), value="0.42") for gate in gates]
        made = {"passed": str(all(gate["passed"] for gate in judged)).lower(), "fingerprint": f"{number}"}
        fit = self.say("Tara", "fit", model=model, gates=judged, made=made, files={})
        self.say("Tara", "train", model=model, version=f"{number}", fit=fit.number)

    def judged(self, action: str, number: int) -> None:
        self.say("Rita", action, model="limit", version=f"{number}", why="looked at")

    def loosened(self, number: int) -> list[str]:
        return prior_versions.loosened(self.entries, "limit", f"{number}")

    def before(self, number: int, in_force: str | None = None) -> list[tuple[str, str]]:
        return [
            (each.name, each.status) for each in prior_versions.before(self.entries, "limit", f"{number}", in_force)
        ]


@pytest.fixture
def trail() -> TrailOfVersions:
    return TrailOfVersions()


def test_a_gate_that_is_loosened_for_the_next_training_shows(trail):
    trail.trained(1, ("score_psi", None, 0.25, FAILED))
    trail.trained(2, ("score_psi", None, 0.5, PASSED))
    assert trail.before(2) == [("limit:1", "failed its gates")]
    assert (trail.loosened(1), trail.loosened(2)) == ([], ["score_psi"])


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (("auc_oot", 0.7, None, FAILED), ("auc_oot", 0.6, None, PASSED)),
        (("auc_oot", 0.7, None, FAILED), ("ks_oot", 0.1, None, PASSED)),
        (("auc_oot", 0.7, 0.9, FAILED), ("auc_oot", 0.7, None, PASSED)),
        (("auc_oot", 0.7, None, PASSED), ("auc_oot", 0.6, None, FAILED)),
    ],
)
def test_so_does_each_way_of_loosening_it(trail, before, now):
    trail.trained(1, before)
    trail.trained(2, now)
    assert trail.loosened(2) == ["auc_oot"]


def test_no_version_in_between_hides_it(trail):
    trail.trained(1, ("auc_oot", 0.7, None, FAILED), ("score_psi", None, 0.25, FAILED))
    trail.trained(2, ("auc_oot", 0.3, None, PASSED), ("score_psi", None, 0.3, FAILED))
    trail.trained(1, ("score_psi", None, 0.01, FAILED), model="admission")
    trail.trained(3, ("auc_oot", 0.3, None, PASSED), ("score_psi", None, 0.5, PASSED))
    trail.judged("reject", 2)
    strictest = prior_versions.strictest(prior_versions.before(trail.entries, "limit", "3", None))
    assert {name: each.version.name for name, each in strictest.items()} == {
        "auc_oot": "limit:1",
        "score_psi": "limit:1",
    }
    assert trail.before(3) == [("limit:2", "was rejected by Rita (looked at)"), ("limit:1", "failed its gates")]
    assert trail.loosened(3) == ["auc_oot", "score_psi"]


@pytest.mark.parametrize(("action", "status"), [("reject", "was rejected"), ("send back", "was sent back")])
def test_what_was_ended_counts_as_what_failed_does(trail, action, status):
    trail.trained(1, ("score_psi", None, 0.25, PASSED))
    trail.judged(action, 1)
    trail.trained(2, ("score_psi", None, 0.5, PASSED))
    assert trail.before(2) == [("limit:1", f"{status} by Rita (looked at)")]
    assert trail.loosened(2) == ["score_psi"]


def test_what_came_before_a_version_in_force_was_judged_with_it(trail):
    trail.trained(1, ("score_psi", None, 0.25, FAILED))
    trail.trained(2, ("score_psi", None, 0.5, PASSED))
    trail.judged("approve", 2)
    trail.trained(3, ("score_psi", None, 0.5, PASSED))
    assert trail.before(3, "2") == []
    assert trail.loosened(3) == []
    trail.trained(10, ("score_psi", None, 0.6, PASSED))
    assert trail.before(10, "2") == [("limit:3", "was never approved")]
    assert trail.loosened(10) == ["score_psi"]
    trail.judged("retire", 2)
    assert [name for name, _ in trail.before(10)] == ["limit:3", "limit:2", "limit:1"]


def test_a_gate_as_strict_or_stricter_is_no_weaker_one(trail):
    trail.trained(1, ("score_psi", None, 0.25, FAILED), ("auc_oot", 0.3, None, PASSED))
    trail.trained(2, ("score_psi", None, 0.25, PASSED), ("auc_oot", 0.4, None, PASSED), ("ks_oot", 0.1, None, PASSED))
    assert trail.loosened(2) == []


def test_what_no_training_made_is_nobodys_version(trail):
    trail.trained(1, ("score_psi", None, 0.25, FAILED))
    trail.say("Eve", "train", model="limit", version="x", fit=1)
    trail.say("Eve", "train", model="limit", version="2")
    assert trail.loosened(7) == []
    assert trail.before(7) == [("limit:1", "failed its gates")]


SPEC = ModelSpec(
    name="limit", kind="limit", title={"en": "Limit", "zh": "额度"}, label="income", exclude=("a", "b"), seed=7,
    params={"max_depth": 3}, gates=(Gate(metric="coverage", min=0.6), Gate(metric="psi", max=0.25)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, []),
        ({"gates": (Gate(metric="psi", max=0.25), Gate(metric="coverage", min=0.6))}, []),
        ({"gates": (Gate(metric="coverage", min=0.6), Gate(metric="psi", max=0.5))}, ["`gates.psi.max` 0.25 → 0.5"]),
        ({"gates": (Gate(metric="coverage", min=0.6),)}, ["`gates.psi.max` 0.25 is left out"]),
        ({"seed": 8, "rounds": 90}, ["`rounds` 400 → 90", "`seed` 7 → 8"]),
        ({"params": {"max_depth": 4, "eta": 0.1}}, ["`params.eta` 0.1 is new", "`params.max_depth` 3 → 4"]),
        ({"exclude": ("b", "c")}, ["`exclude.a` true is left out", "`exclude.c` true is new"]),
        ({"features": ("x",)}, ["`features.x` true is new"]),
        ({"label": "yield"}, ['`label` "income" → "yield"']),
    ],
)
def test_what_of_a_declaration_changed_is_named_with_old_and_new_value(change, message):
    before, now = (declarations.by_name(declarations.stated(spec)) for spec in (SPEC, SPEC.model_copy(update=change)))
    assert differences.in_words(before, now) == message
