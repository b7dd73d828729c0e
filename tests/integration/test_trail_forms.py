"""An act that lacks what its readers need isn't written; one that is there all the same stops nobody and is named."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from conf.schema.errors import FieldstoneError
from lake import seals
from lake.entries import Entry
from pipeline import auditing
from pipeline.releases import approvals, policy_release
from pipeline.trail import redactions, releases
from tests.integration.test_signatures import forge

SEAL = {"seal": "x", "rows": 1, "sha256": ""}
MADE = dict.fromkeys(("passed", "gates", "data_as_of", "fingerprint"), "told")
FIT = {"model": "limit", "fingerprint": "0", "files": {}, "figures": {}, "gates": [], "spec_sha256": "0"}
MALFORMED = {
    "an approval of nothing": ("approve", {"why": "x"}),
    "a version that is a number": ("approve", {"model": "limit", "version": 1}),
    "a release that is no document": ("approve", {"model": "limit", "version": "1", "release": "x"}),
    "a release without its hash": ("approve", {"model": "limit", "version": "1", "release": {"format": 9}}),
    "a release that says nothing": (
        "approve",
        {"model": "limit", "version": "1", "release": {"format": 1}, "release_sha256": "0"},
    ),
    "a retirement of nothing": ("retire", {}),
    "a rejection without a version": ("reject", {"model": "limit"}),
    "one sent back": ("send back", {"version": "1"}),
    "a policy that isn't there": ("approve policy", {"release_sha256": "0"}),
    "a policy that says nothing": ("approve policy", {"release": {"format": 1}, "release_sha256": "0"}),
    "a policy in use": ("policy in use", {"policy": {}}),
    "a fit of nothing": ("fit", {"model": "limit"}),
    "a version of too many digits": ("train", {"model": "limit", "version": "9" * 5000, "fit": 1}),
    "a version in words": ("retire", {"model": "limit", "version": "the first"}),
    "a fit of which nobody knows whether it passed": ("fit", FIT | {"made": {"gates": "no gates"}}),
    "a fit whose tags are no texts": ("fit", FIT | {"made": MADE | {"passed": True}}),
    "a training of no fit": ("train", {"model": "limit", "version": "1", "fit": "seven"}),
    "files that are none": ("redact", {"files": ["a"]}),
    "an exit of nobody": ("exit", {"why": "x"}),
    "a suspension of nobody": ("partner-suspend", {}),
    "seals of a table that is none": ("decide", {"seals": [SEAL | {"table": "../x"}]}),
    "seals of a table without a name": ("decide", {"seals": [SEAL | {"table": ""}]}),
    "seals of a table that isn't sealed": ("decide", {"seals": [SEAL | {"table": "audit__trail"}]}),
    "seals that are none": ("take in", {"seals": [{"seal": "x"}]}),
    "seals that are a text": ("decide", {"seals": "x"}),
    "marks that are none": ("accept trail", {"gone": [{"number": "x"}]}),
    "a restore with marks of somebody": ("restore", {"gone": [{"number": 1, "link": "x", "by": "me"}]}),
    "people that are nobody": ("people release", {"people": [], "sandbox": True}),
    "people without names": ("people release", {"people": [{"roles": []}], "sandbox": True}),
}


def malformed(name: str) -> tuple[str, str, dict]:
    action, details = MALFORMED[name]
    return ("Olga, Rita" if action.startswith("partner") else "Olga"), action, details


def all_readers(context) -> None:
    entries = context.trail.require_whole()
    for model in ("admission", "limit"):
        assert releases.standing(entries, model) is None
        assert releases.why_ended(entries, model, "1") is None
        assert not approvals.is_trainer(entries, SimpleNamespace(name=model, version="1", tags={}), "Olga")
    assert releases.of_policy(entries) is None
    assert policy_release.differences(context)
    assert redactions.successors(entries, "x") == {"x"}
    seals.findings(context.trail)


@pytest.mark.parametrize("name", MALFORMED)
def test_what_lacks_what_its_readers_need_is_not_written(context, name):
    actor, action, details = malformed(name)
    context.trail.record("Olga", "look")
    with pytest.raises(FieldstoneError):
        context.trail.record(actor, action, **details)
    assert len(context.trail.stored()) == 1


def test_seals_of_rows_that_nobody_seals_stop_no_verification(context):
    context.trail.record("Olga", "look", seals=[SEAL | {"table": "silver_bank__loan"}])
    auditing.verify(context)


def test_a_fit_that_says_what_its_readers_need_is_written(context):
    assert context.trail.record("Olga", "fit", **FIT, made=MADE | {"software": "python"}).number == 1


def test_the_error_says_which_part_is_missing(context):
    with pytest.raises(FieldstoneError, match=r"approve lacks .*\(model: field required; version: field required\)"):
        context.trail.record("Olga", "approve", why="x")


@pytest.mark.parametrize(
    "text", [*[json.dumps(details) for _, details in MALFORMED.values()][:8], "[]", "x", "[" * 9999]
)
def test_what_another_client_wrote_is_set_aside_named_and_accepted(context, text, capsys):
    context.trail.record("Olga", "look")
    actions = ("approve", "retire", "approve policy", "fit", "policy in use", "redact", "exit", "accept trail")
    for action in actions if text in ("[]", "x") else ["approve"]:
        forge(context, Entry(0, datetime.now(UTC), "Olga", action, text, "", "", signature="sandbox"))
    all_readers(context)
    with pytest.raises(FieldstoneError, match=r"entry 2 \(approve by Olga\) counts for nothing"):
        auditing.verify(context)
    auditing.accept(context, "Olga", "a client of before")
    capsys.readouterr()
    auditing.verify(context)
    context.trail.record("Olga", "look")  # nothing is stopped
