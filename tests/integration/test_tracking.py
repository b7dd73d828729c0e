"""The registry, on a real MLflow: what a version must tell, who may put it in force, and what can't score any more."""

import hashlib
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from conf.schema.errors import FieldstoneError
from conf.schema.workspace import ROOT, load
from jobs.cli import main
from lake import state
from pipeline import auditing
from pipeline.context import Context
from pipeline.registry import provenance, tracking, training_data, trainings
from pipeline.releases import champions, model_release, version_ending
from tests.conftest import AS_OF
from tests.integration import moving, registering
from tests.integration.registering import TAGS
from tests.unit.portfolio import admitted, frame

CONNECT = """
import sys
from pathlib import Path
from conf.schema.settings import Settings
from pipeline.registry import tracking
client = tracking.connect(Settings(home=Path(sys.argv[1])))
print(tracking.by_alias(client, "admission", tracking.CHAMPION))
"""


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    """A state folder whose registry holds one version that passed its gates."""
    home = tmp_path_factory.mktemp("registered") / "state"
    settings = load().settings.model_copy(update={"home": home, "sandbox_approval": False})
    before = os.umask(0o077)  # as the command sets it
    registering.registered(Context(replace(load(), settings=settings), AS_OF))
    os.umask(before)
    return home


@pytest.fixture
def governed(registered, tmp_path) -> Context:
    """A copy of it, to approve and retire in."""
    moving.copied(registered, tmp_path / "state")
    workspace = load()
    settings = workspace.settings.model_copy(update={"home": tmp_path / "state", "sandbox_approval": False})
    return Context(replace(workspace, settings=settings), AS_OF)


@pytest.fixture
def client(governed):
    return tracking.connect(governed.workspace.settings)


def _approve(governed, number="1", who="Rita"):
    model_release.approve(governed, "admission", number, who, "sound", sandbox=False)


def since_training(governed) -> list:
    """Entries after those of the fixture's training."""
    return governed.trail.entries()[3:]


def files(home: Path) -> list[Path]:
    """Everything that a registered model left on disk."""
    return [path for path in (home / "mlflow").rglob("*") if path.is_file()]


def test_a_version_declares_what_it_reads_what_it_returns_and_what_it_needs(registered, client):
    version = tracking.by_alias(client, "admission", tracking.CHALLENGER)
    info = mlflow.models.get_model_info(f"models:/admission/{version.version}")
    assert info.signature.inputs.input_names() == list(admitted().predictor.features)
    assert {str(kind) for kind in info.signature.inputs.input_types()} == {"DataType.double"}
    assert info.signature.outputs.input_names() == ["pd"]
    assert not any(column.required for column in info.signature.inputs.inputs)
    (needs,) = [path for path in files(registered) if path.name == "requirements.txt"]
    assert [line.partition("==")[0] for line in needs.read_text().split()] == list(tracking._REQUIREMENTS)
    assert all("==" in line for line in needs.read_text().split())


def test_nobody_else_can_read_what_is_registered(registered):
    assert "scorer.py" in {path.name for path in files(registered)}
    assert [path.name for path in files(registered) if path.stat().st_mode & 0o077] == []


def test_nothing_registered_is_a_pickle_or_a_row_of_an_applicant(registered):
    stored = files(registered)
    assert {path.name for path in stored} >= {"predictor.json", "scorer.py", "MLmodel"}
    for path in stored:
        assert path.suffix not in (".pkl", ".pickle", ".joblib", ".bin")
        assert "input_example" not in path.name
        with pytest.raises(Exception):  # noqa: B017, PT011
            pickle.loads(path.read_bytes())
    values = frame()[list(admitted().predictor.features)].stack().head(200)
    text = "".join(path.read_text(encoding="utf-8") for path in stored if path.suffix in (".json", ".py", ".yaml"))
    assert not any(repr(float(value)) in text for value in values)


def test_the_model_in_force_scores_as_the_one_that_was_fitted_here_and_in_mlflow(governed, client):
    _approve(governed)
    champion = champions.load(governed, client, "admission")
    rows = frame().head(50)
    expected = pd.DataFrame({"pd": admitted().predictor.predict_pd(rows)}, index=rows.index)
    pd.testing.assert_frame_equal(champion.predictor.predict(rows), expected)
    pd.testing.assert_frame_equal(mlflow.pyfunc.load_model("models:/admission/1").predict(rows), expected)
    pd.testing.assert_frame_equal(champion.predictor.shap_values(rows), admitted().predictor.shap_values(rows))


@pytest.mark.parametrize("absent", provenance.REQUIRED_TAGS)
def test_a_version_that_doesnt_tell_how_it_was_made_is_not_registered(governed, client, absent):
    with pytest.raises(FieldstoneError) as error:
        trainings.register(governed, client, "admission", admitted(), {}, TAGS | {absent: " "})
    assert str(error.value).startswith(f"admission can't be registered without {absent}; nothing was registered. ")
    assert [str(version.version) for version in tracking.versions(client, "admission")] == ["1"]
    assert not since_training(governed)


def test_training_without_an_impact_assessment_is_refused():
    workspace = load()
    spec = workspace.model("admission").model_copy(update={"impact_assessment": None})
    with pytest.raises(FieldstoneError) as error:
        training_data.refuse_unlawful(spec, workspace)
    assert str(error.value) == (
        "model admission has no impact_assessment; personal data may not train a model without one "
        "(PIPL art. 55): add its reference and date to conf/models/admission.yaml"
    )


def test_a_kind_of_model_that_is_not_there_is_refused_before_anything_is_read():
    workspace = load()
    spec = workspace.model("admission").model_copy(update={"kind": "oracle"})
    with pytest.raises(
        FieldstoneError, match="no kind of model 'oracle': `kind` of a spec is one of admission, ebm, limit, "
    ):
        training_data.spec_of(replace(workspace, models={"admission": spec}), "admission")


def test_who_trained_a_model_cant_approve_it(governed, client):
    with pytest.raises(FieldstoneError) as error:
        _approve(governed, who="Tara")
    assert str(error.value) == "Tara trained admission:1 and can't approve it; another person has to"
    assert tracking.by_alias(client, "admission", tracking.CHAMPION) is None


def test_the_sandbox_may_not_approve_unless_it_is_set(governed, client):
    with pytest.raises(
        FieldstoneError, match="the sandbox may not approve admission, because sandbox_approval is off; a"
    ):
        model_release.approve(governed, "admission", "1", "sandbox-reviewer", "sandbox", sandbox=True)
    assert tracking.by_alias(client, "admission", tracking.CHAMPION) is None


def test_without_a_version_there_is_nothing_to_approve(governed):
    with pytest.raises(FieldstoneError) as error:
        model_release.approve(governed, "limit", "1", "Rita", "sound", sandbox=False)
    assert str(error.value) == "model limit has no version 1; it has none"


def test_an_approval_counts_for_the_version_that_was_looked_at(governed, client):
    registering.registered(governed, fingerprint="another")
    with pytest.raises(FieldstoneError) as error:
        _approve(governed, "1")
    assert str(error.value) == (
        "version 1 of admission isn't a challenger: the challenger is version 2 by now; look at that one, and answer "
        "the "
        "question about it"
    )
    assert tracking.by_alias(client, "admission", tracking.CHAMPION) is None
    _approve(governed, "2")
    assert str(tracking.by_alias(client, "admission", tracking.CHAMPION).version) == "2"


def test_an_approval_is_noted_on_the_version_and_in_the_trail(governed, client, capsys):
    _approve(governed)
    champion = tracking.by_alias(client, "admission", tracking.CHAMPION)
    assert (champion.tags["approver"], champion.tags["approval"]) == ("Rita", "typed in a sandbox")
    (entry,) = since_training(governed)
    assert (entry.actor, entry.action, json.loads(entry.details)["why"]) == ("Rita", "approve", "sound")
    digest = json.loads(entry.details)["release_sha256"]
    assert hashlib.sha256(champion.tags["release"].encode()).hexdigest() == digest
    says = f"approve admission: version 1 is champion, approved by Rita (typed in a sandbox), release {digest}\n"
    assert capsys.readouterr().out == says
    _approve(governed)
    assert capsys.readouterr().out == says.replace("is champion", "is champion already")


def test_a_training_is_in_the_trail_once_with_its_gates_and_policy(governed, client):
    version = client.get_model_version("admission", "1")
    trainings.note(governed, client, version)
    fit, policy, entry = governed.trail.entries()
    assert (fit.action, policy.action, entry.action, entry.actor) == ("fit", "policy in use", "train", "Tara")
    details = json.loads(entry.details)
    assert (details["model"], details["version"], details["passed"], details["fit"]) == ("admission", "1", "true", 1)
    assert details["policy_sha256"] == json.loads(policy.details)["sha256"]


@pytest.mark.parametrize("attack", ["champion", "retired", "not retired"])
def test_what_the_registry_says_and_the_trail_does_not_is_found(governed, client, attack):
    version = client.get_model_version("admission", "1")
    if attack == "champion":
        client.set_registered_model_alias("admission", tracking.CHAMPION, "1")
        says = "admission:1 is in force, and no entry approves it"
    elif attack == "retired":
        tracking.tag(client, version, {tracking.RETIRED: "2026-01-01", "retired_by": "Rita"})
        says = "admission:1 is retired in the registry, and no entry retires it"
    else:
        version_ending.retire(governed, "admission", "1", "Rita", "too old")
        client.delete_model_version_tag("admission", "1", tracking.RETIRED)
        says = "admission:1 was retired, and the registry doesn't say so any more"
    with pytest.raises(FieldstoneError, match=f"the state differs from it: {says}"):
        auditing.verify(governed)


@pytest.mark.parametrize("attack", ["an earlier champion", "lost", "another's"])
def test_a_registry_that_is_older_lost_or_anothers_is_found(governed, client, attack):
    home = governed.workspace.settings.home
    _approve(governed)
    (home / "lake").mkdir(exist_ok=True)
    state.note(home)
    auditing.verify(governed)
    if attack == "an earlier champion":
        governed.trail.record("Rita", "approve", model="admission", version="2", approval="person")
        says = "admission:1 is in force, and the last approval is of version 2"
    elif attack == "lost":
        (home / "mlflow/mlflow.db").rename(home / "elsewhere.db")
        says = "the model registry is lost, of whose versions 1 entries tell"
    else:
        client.set_experiment_tag("0", "fieldstone.identity", "another")
        says = "the model registry and the lake don't belong together: the registry is of another state"
    with pytest.raises(FieldstoneError, match=f"the state differs from it: {says}"):
        auditing.verify(governed)


def test_a_version_that_missed_a_gate_is_not_put_up(governed, client):
    version = client.get_model_version("admission", "1")
    tracking.remove_aliases(client, version)
    failed = client.get_model_version("admission", "1")
    failed.tags["passed"] = "false"
    tracking.promote_to_challenger(client, failed)
    assert tracking.by_alias(client, "admission", tracking.CHALLENGER) is None


def test_a_retired_version_scores_no_more_and_doesnt_come_back(governed, client, capsys):
    _approve(governed)
    capsys.readouterr()
    version_ending.retire(governed, "admission", "1", "Rita", "its data were wrong")
    message = (
        "retire admission: version 1 may score no more and was champion: nothing is decided until another is approved\n"
    )
    assert capsys.readouterr().out == message
    with pytest.raises(FieldstoneError, match="model admission has no champion; train it, then let somebody other"):
        champions.load(governed, client, "admission")
    retired = client.get_model_version("admission", "1")
    assert (retired.aliases, retired.tags["retired_by"], retired.tags["retired_why"]) == (
        [],
        "Rita",
        "its data were wrong",
    )
    assert [entry.action for entry in since_training(governed)] == ["approve", "retire"]
    tracking.promote_to_challenger(client, retired)
    assert tracking.by_alias(client, "admission", tracking.CHALLENGER) is None
    with pytest.raises(FieldstoneError, match=r"1 is retired by Rita \(its data were wrong\) and can't be approved"):
        _approve(governed)


@pytest.mark.parametrize(
    ("end", "action", "says"),
    [(version_ending.reject, "reject", "rejected by"), (version_ending.send_back, "send back", "sent back by")],
)
def test_a_version_that_was_turned_down_is_in_the_trail_and_is_put_up_no_more(
    governed, client, capsys, end, action, says
):
    for number, who, why_not in (("2", "Rita", "has no version 2; it has 1"), ("1", "Tara", "judge")):
        with pytest.raises(FieldstoneError, match=why_not):
            end(governed, "admission", number, who, "unstable")
    end(governed, "admission", "1", "Rita", "unstable")
    assert f"version 1 isn't a challenger any more, {says} Rita" in capsys.readouterr().out
    (entry,) = since_training(governed)
    assert (entry.actor, entry.action, json.loads(entry.details)["why"]) == ("Rita", action, "unstable")
    tracking.promote_to_challenger(client, client.get_model_version("admission", "1"))
    assert client.get_model_version("admission", "1").aliases == []
    client.set_registered_model_alias("admission", tracking.CHALLENGER, "1")
    with pytest.raises(FieldstoneError, match=rf"{says} Rita \(unstable\) and can't be approved"):
        _approve(governed)


def test_what_is_in_force_is_retired_and_not_rejected(governed):
    _approve(governed)
    with pytest.raises(FieldstoneError, match="admission:1 is in force; only fieldstone retire takes it out"):
        version_ending.reject(governed, "admission", "1", "Rita", "unstable")


def test_an_alias_alone_brings_no_retired_version_back(governed, client):
    version_ending.retire(governed, "admission", "1", "Rita", "too old")
    for alias in (tracking.CHALLENGER, tracking.CHAMPION):
        client.set_registered_model_alias("admission", alias, "1")
    with pytest.raises(FieldstoneError, match=r"\(admission:1: is retired by Rita \(too old\)\), so it may not score"):
        champions.load(governed, client, "admission")
    with pytest.raises(FieldstoneError, match=r"admission:1 is retired by Rita \(too old\) and can't be approved"):
        _approve(governed)
    version_ending.retire(governed, "admission", "1", "Rita", "too old")
    assert client.get_model_version("admission", "1").aliases == []


@pytest.mark.parametrize(
    ("number", "approver", "message"),
    [
        ("7", "Rita", "model admission has no version 7; it has 1"),
        ("1", "Tara", "Tara trained admission:1 and can't retire it; another person has to"),
    ],
)
def test_who_may_retire_and_what(governed, monkeypatch, capsys, number, approver, message):
    monkeypatch.setenv("FIELDSTONE_HOME", str(governed.workspace.settings.home))
    assert main(["retire", "admission", number, "--approver", approver, "--why", "age"]) == 1
    assert capsys.readouterr().err == f"fieldstone retire: {message}\n"


def test_jobs_that_meet_an_empty_store_at_once_all_get_one(tmp_path):
    command = [sys.executable, "-c", CONNECT, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [(process.communicate()[0], process.returncode) for process in running] == [("None\n", 0)] * 3
