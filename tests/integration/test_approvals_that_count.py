"""An approval counts by what the trail before it tells, not because a reviewer's key wrote it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conf.schema import person_keys
from conf.schema.errors import FieldstoneError
from conf.schema.hashing import canonical_json, document_sha256
from conf.schema.workspace import load
from jobs import compare
from lake import signatures
from lake.audit import HEAD
from pipeline import auditing
from pipeline.context import Context
from pipeline.people import register
from pipeline.registry import tracking, trainings
from pipeline.releases import approvals, champions, model_release, policy_release, version_ending
from pipeline.trail import releases
from tests.conftest import AS_OF
from tests.integration import moving
from tests.integration.people_of_a_bank import PASSPHRASE, released, stated, with_people
from tests.integration.registering import registered
from tests.integration.small import copied
from tests.integration.test_releases import SHEDS, edited

ADMISSION = "admission"


@pytest.fixture(scope="module", autouse=True)
def passphrase():
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(person_keys.PASSPHRASE, PASSPHRASE)
        yield


@pytest.fixture(scope="module")
def bank(tmp_path_factory, passphrase) -> Path:
    """A folder with a real bank: Tara trains and reviews; version 1 is in force, 2 missed its gates, 3 awaits."""
    folder = tmp_path_factory.mktemp("bank")
    copied(folder / "workspace")
    (folder / "workspace/features/sheds.py").write_text(SHEDS, encoding="utf-8")
    listed = stated(folder / "keys")
    listed["tara"] |= {"roles": ["modeler", "reviewer"], "logins": ["tm"]}
    (folder / "people.json").write_text(json.dumps(listed), encoding="utf-8")
    context = released(of(folder), listed, folder / "keys")
    registered(context, trainer="tara", fingerprint="one")
    put_in_force(context, "1", "ruth")
    registered(context, trainer="tara", fingerprint="two", passed="false", gates="auc_oot 0.501 FAILED")
    registered(context, trainer="tm", fingerprint="three")
    return folder


@pytest.fixture
def governed(bank, tmp_path) -> Context:
    """A copy of it, to be attacked."""
    moving.copied(bank / "state", tmp_path / "state")
    copied(tmp_path / "workspace")
    (tmp_path / "workspace/features/sheds.py").write_text(SHEDS, encoding="utf-8")
    listed = json.loads((bank / "people.json").read_text())
    return with_people(of(tmp_path), listed, person_key=bank / "keys")


def of(folder: Path) -> Context:
    workspace = load(folder / "workspace")
    settings = workspace.settings.model_copy(update={"home": folder / "state", "sandbox_approval": False})
    return Context(replace(workspace, settings=settings), AS_OF)


def client_of(context: Context):
    return tracking.connect(context.workspace.settings)


def document(context: Context, number: str) -> dict:
    """What somebody who looks at a version would approve."""
    client = client_of(context)
    training = trainings.of(context.trail.entries(), ADMISSION, number)
    features = champions.read(context.workspace, client, ADMISSION, number, training.files).features
    return champions.document(context, tracking.known(client, ADMISSION, number), training, features)


def put_in_force(context: Context, number: str, who: str) -> None:
    model_release.approve(context, ADMISSION, number, who, "sound", False, document_sha256(document(context, number)))


def forced(context: Context, who: str, release: dict, number: str, **changes) -> None:
    """What somebody with a key of their own and a client of their own does: an entry, tag and alias."""
    about = {"model": ADMISSION, "version": number, "why": "fine", "approval": "person"}
    context.trail.record(who, "approve", **about | releases.approval_details(release) | changes)
    client = client_of(context)
    version = tracking.known(client, ADMISSION, number)
    tracking.tag(client, version, {tracking.RELEASE: canonical_json(release), "approver": who, "approved_why": "fine"})
    client.set_registered_model_alias(ADMISSION, tracking.CHAMPION, number)


def loads(context: Context) -> str:
    return champions.load(context, client_of(context), ADMISSION).version


def refused(context: Context, says: str) -> None:
    """It neither scores nor passes for well, and the entry is named; a true approval puts things right."""
    number = context.trail.entries()[-1].number
    with pytest.raises(FieldstoneError, match=rf"\(entry {number} of the trail\) doesn't count: .*{says}"):
        loads(context)
    with pytest.raises(FieldstoneError, match=rf"\(entry {number} of the trail\) doesn't count: .*{says}"):
        auditing.verify(context)


def test_a_trainer_who_is_a_reviewer_puts_her_own_version_in_force_by_no_client(governed):
    for number in ("3", "1"):
        forced(governed, "tara", document(governed, number), number)
        refused(governed, f"tara trained admission:{number} and can't approve it")
    for together in ("ruth, tara", "tara, ruth"):
        forced(governed, together, document(governed, "3"), "3")
        refused(governed, f"{together} trained admission:3")


def test_what_is_wrong_with_an_approval_is_told_and_a_true_one_goes_on(governed, capsys):
    forced(governed, "tara", document(governed, "3"), "3")
    number = governed.trail.entries()[-1].number
    put_in_force(governed, "1", "ruth")
    assert loads(governed) == "1"
    capsys.readouterr()
    auditing.verify(governed)
    assert f"approval of admission:3 by tara (entry {number} of the trail) doesn't count" in capsys.readouterr().out


def test_a_version_that_missed_its_gates_was_rejected_sent_back_or_retired_comes_back_by_no_client(governed):
    forced(governed, "ruth", document(governed, "2"), "2")
    refused(governed, "admission:2 didn't pass its gates")
    release = document(governed, "3")
    version_ending.reject(governed, ADMISSION, "3", "ruth", "thin")
    forced(governed, "wang.fang", release, "3")
    refused(governed, r"admission:3 was rejected by ruth \(thin\)")
    version_ending.retire(governed, ADMISSION, "1", "ruth", "old")
    forced(governed, "ruth", document(governed, "1"), "1")
    refused(governed, r"admission:1 is retired by ruth \(old\)")


@pytest.mark.further
def test_what_no_training_fitted_is_released_by_no_client(governed):
    release = document(governed, "3")
    for part, other in (
        ("files", release["files"] | {"predictor.json": "0" * 64}),
        ("made", release["made"] | {"gates": "all well"}),
        ("gates", []),
        ("figures", {}),
        ("trainer", "zhao"),
        ("trained_spec_sha256", "0"),
    ):
        forced(governed, "ruth", release | {part: other}, "3")
        refused(governed, rf"its release isn't of what was fitted \(entry \d+\): {part}")


@pytest.mark.further
def test_an_entry_that_tells_another_version_model_hash_or_form_than_it_holds_counts_for_nothing(governed):
    release = document(governed, "3")
    for changes, says in (
        ({"version": "1"}, "it is about admission:1 and holds the release of admission:3"),
        ({"release_sha256": "0"}, "the SHA-256 that it tells isn't that of the release it holds"),
        ({"release_sha256": document_sha256({})}, "the SHA-256 that it tells isn't that of the release it holds"),
    ):
        forced(governed, "ruth", release, "3", **changes)
        refused(governed, says)
    for other in ({"kind": "policy"}, {"kind": "model "}):
        forced(governed, "ruth", release | other, "3")
        refused(governed, "it holds no release of a model")
    with pytest.raises(FieldstoneError, match=r"release\.run_id: field required"):
        forced(governed, "ruth", {name: value for name, value in release.items() if name != "run_id"}, "3")
    forced(governed, "ruth", release | {"spec": release["spec"] | {"gates": []}}, "3")
    refused(governed, "the model's declaration in its release isn't the one whose SHA-256 it tells")
    forced(governed, "ruth", release | {"version": "9"}, "3", version="9")
    refused(governed, "admission:9 comes of no training that the audit trail tells of before it")


def test_a_training_that_is_told_of_after_the_approval_or_of_another_fit_makes_it_count_for_nothing(governed):
    release = document(governed, "3")
    fit = trainings.of(governed.trail.entries(), ADMISSION, "3").fit.number
    for number in (fit, 99_999, None, 1):
        governed.trail.record("zhao", "train", model="limit", version="9", fit=number)
    forced(governed, "ruth", release | {"model": "limit", "version": "9"}, "3", model="limit", version="9")
    (why,) = approvals.uncounted(governed.trail.entries())
    assert "limit:9 comes of no training" in why


@pytest.mark.further
def test_who_trained_is_told_by_the_people_of_then_whatever_is_typed_and_listed_now(governed, bank):
    listed = json.loads((bank / "people.json").read_text())
    again = {name: person for name, person in listed.items() if name != "tara"}
    for changed in (
        again | {"tara": listed["tara"] | {"logins": ["tm2"]}},
        again | {"tara.m": listed["tara"] | {"logins": []}},  # under another id, by the same key
        again | {"tara.m": listed["tara"] | {"key": person_keys.made(bank / "keys", PASSPHRASE)}},  # by the same login
    ):
        context = with_people(governed, changed, person_key=bank / "keys")
        register.release(context, "li", "another login")
        name = "tara" if "tara" in changed else "tara.m"
        assert signatures.released(context.trail.entries()).people.find(name)
        with pytest.raises(FieldstoneError, match=f"{name} trained admission:3 and can't approve it"):
            put_in_force(context, "3", name)
        with pytest.raises(FieldstoneError, match=f"{name} trained admission:3 and can't retire it"):
            version_ending.retire(context, ADMISSION, "3", name, "mine")
        forced(context, name, document(context, "3"), "3")
        refused(context, f"{name} trained admission:3")
    client_of(context).set_registered_model_alias(ADMISSION, tracking.CHALLENGER, "3")
    put_in_force(context, "3", "ruth")
    assert loads(context) == "3"


@pytest.mark.further
def test_several_names_typed_as_one_are_each_looked_at(governed):
    for name in ("tara, ruth", "ruth, tara", "ruth, TM", "ruth,tara", "ruth; tara", "ruth & tara", "ruth、tara"):
        with pytest.raises(FieldstoneError, match="trained admission:3 and can't approve it"):
            put_in_force(governed, "3", name)
    assert loads(governed) == "1"


@pytest.mark.further
def test_what_is_in_force_already_is_approved_by_nobody_unknown_and_by_no_sandbox(governed, capsys):
    settings = governed.workspace.settings.model_copy(update={"sandbox_approval": True})
    lax = replace(governed, workspace=replace(governed.workspace, settings=settings))
    looked_at, entries = document_sha256(document(governed, "1")), governed.trail.entries()
    for context, is_sandbox in ((governed, False), (lax, True), (lax, False)):
        for name, says in (("Rita", "nobody is called Rita"), ("zhao", "approve is for reviewer")):
            with pytest.raises(FieldstoneError, match=says):
                model_release.approve(context, ADMISSION, "1", name, "fine", is_sandbox, looked_at)
    with pytest.raises(FieldstoneError, match="tara trained admission:1"):
        model_release.approve(governed, ADMISSION, "1", "tara", "fine", False, looked_at)
    model_release.approve(governed, ADMISSION, "1", "wang.fang", "fine", False, looked_at)
    assert "version 1 is champion already, approved by ruth (signed)" in capsys.readouterr().out
    assert governed.trail.entries() == entries


def test_what_the_registry_says_of_an_approval_is_held_against_it(governed):
    client = client_of(governed)
    auditing.verify(governed)
    for name in ("approver", "approved_why"):
        before = tracking.known(client, ADMISSION, "1").tags[name]
        client.set_model_version_tag(ADMISSION, "1", name, "the board")
        with pytest.raises(FieldstoneError, match=f"{name} of admission:1 in the registry isn't as the approval says"):
            auditing.verify(governed)
        client.set_model_version_tag(ADMISSION, "1", name, before)


def test_what_was_looked_at_is_what_is_approved(governed, capsys):
    looked_at = compare.run(governed, ADMISSION, "3", as_json=True).release
    with pytest.raises(
        FieldstoneError, match="state which release you looked at: --release SHA256, as fieldstone compare adm"
    ):
        model_release.approve(governed, ADMISSION, "3", "ruth", "fine", False)
    spec, contract = "conf/models/admission.yaml", "conf/contracts/bank/application.yaml"
    edited(governed, spec, "min: 0.62", "min: 0.01")
    edited(governed, contract, "max: 10000000", "max: 90000000")
    edited(governed, "conf/policy.yaml", "max_dti: ", "max_dti: 0.9 # ")
    changed = with_people_of(governed)
    says = r"contracts \(bank__application\), conf/policy.yaml, conf/models \(`gates.auc_oot.min` 0.62 → 0.01\)"
    with pytest.raises(FieldstoneError, match=f"changed since: {says}"):
        model_release.approve(changed, ADMISSION, "3", "ruth", "fine", False, looked_at)
    for never in ("0" * 64, "../people", looked_at[:12], ""):
        with pytest.raises(FieldstoneError, match="nothing that was ever shown here has that SHA-256"):
            model_release.approve(changed, ADMISSION, "3", "ruth", "fine", False, never)
    compare.run(changed, ADMISSION, "3", as_json=False)
    output = capsys.readouterr().out
    assert "| auc_oot | min 0.62 | min 0.01 | 🔴 **WEAKER** |" in output
    shown = output.rpartition("Release: `")[2].partition("`")[0]
    model_release.approve(changed, ADMISSION, "3", "ruth", "fine", False, shown)
    assert loads(changed) == "3"


def test_a_policy_is_approved_as_it_was_looked_at(governed, capsys):
    policy_release.show(governed)
    shown = capsys.readouterr().out.rpartition("release: ")[2].split()[0]
    with pytest.raises(
        FieldstoneError, match="state which release you looked at: --release SHA256, as fieldstone policy show"
    ):
        policy_release.approve(governed, "ruth", "fine", False)
    edited(governed, "conf/policy.yaml", "max_dti: ", "max_dti: 0.9 # ")
    with pytest.raises(FieldstoneError, match=r"changed since: conf/policy.yaml \(`max_dti` 0.* → 0.9\)"):
        policy_release.approve(with_people_of(governed), "ruth", "fine", False, shown)
    edited(governed, "conf/policy.yaml", "max_dti: 0.9 # ", "max_dti: ")
    policy_release.approve(governed, "ruth", "fine", False, shown)
    assert policy_release.differences(governed) is None
    for name, says in (("Rita", "nobody is called Rita"), ("zhao", "approve policy is for reviewer")):
        with pytest.raises(FieldstoneError, match=says):
            policy_release.approve(governed, name, "fine", False, shown)
    head = governed.workspace.settings.home / HEAD
    kept = head.read_bytes()
    head.unlink()
    with pytest.raises(FieldstoneError, match="the audit trail is broken"):  # though nothing is new
        policy_release.approve(governed, "ruth", "fine", False, shown)
    head.write_bytes(kept)
    release = {"kind": "policy", "format": 1, "policy": governed.workspace.policy.model_dump(mode="json")}
    governed.trail.record(
        "ruth", "approve policy", why="x", **releases.approval_details(release) | {"release_sha256": "0"}
    )
    with pytest.raises(FieldstoneError, match=r"approval of the policy by ruth .* doesn't count: the SHA-256"):
        policy_release.require(governed)


def with_people_of(context: Context) -> Context:
    """What the next command reads, with the same people."""
    workspace, former = load(context.workspace.root), context.workspace
    return replace(context, workspace=replace(workspace, people=former.people, settings=former.settings))
