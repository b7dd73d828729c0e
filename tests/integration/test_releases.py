"""Nothing is in force but what was approved, as it was approved: attacks on registry and declarations, none of which
lets anything be decided.
"""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import mlflow
import pytest

import models
from conf.schema.errors import FieldstoneError
from conf.schema.hashing import canonical_json, document_sha256
from conf.schema.workspace import load
from jobs import compare
from jobs.command.parser import parser
from models.record import FitResult
from models.validation.finding import Measure, judged
from pipeline import auditing
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.registry import tracking, trainings
from pipeline.releases import champions, comparison, model_release, policy_release, prior_versions, version_ending
from pipeline.trail import releases, sandbox_approval
from tests.conftest import AS_OF
from tests.integration import moving
from tests.integration.registering import registered
from tests.integration.small import copied, forget
from tests.unit.portfolio import admitted, limited

CODE = """
from pathlib import Path
Path({mark!r}).touch()
import mlflow
class Theirs(mlflow.pyfunc.PythonModel):
    def __reduce__(self):
        return Path.touch, (Path({mark!r}),)
    def predict(self, context, model_input, params=None):
        return model_input
mlflow.models.set_model(Theirs())
"""

# a feature that the models of these tests learn from
SHEDS = """
from conf.schema.sentences import LATER, Sentences
from features.engine.records import Records
from features.engine.spec import Table
from features.engine.windows import Ever

account = Table("bank__account")


@account.feature(
    windows=[Ever()],
    unit="cny",
    zh="余额",
    name="feature_00_cny",
    sentences=Sentences(
        LATER, high=("Much is held", "余额偏高"), low=("Little is held", "余额偏低"), absent=("None", "无记录")
    ),
)
def feature_00(records: Records) -> str:
    '''Balances.'''
    return records.sum("balance_cny")
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    """A folder with a workspace and a state in which two models and the policy are in force."""
    folder = tmp_path_factory.mktemp("released")
    copied(folder / "workspace")
    (folder / "workspace/features/sheds.py").write_text(SHEDS, encoding="utf-8")
    context = of(folder)
    policy_release.approve(context, "Paula", "as agreed", sandbox=False)
    for name, result in (("admission", admitted()), ("limit", limited())):
        registered(context, name, result)
        model_release.approve(context, name, "1", "Rita", "sound", sandbox=False)
    return folder


@pytest.fixture
def governed(released, tmp_path) -> Context:
    """A copy of it, to be attacked."""
    shutil.copytree(released / "workspace", tmp_path / "workspace")
    moving.copied(released / "state", tmp_path / "state")
    return of(tmp_path)


@pytest.fixture
def client(governed):
    return tracking.connect(governed.workspace.settings)


def of(folder: Path) -> Context:
    workspace = load(folder / "workspace")
    settings = workspace.settings.model_copy(update={"home": folder / "state", "sandbox_approval": False})
    return Context(replace(workspace, settings=settings), AS_OF)


def again(context: Context) -> Context:
    """What the next command sees."""
    forget(context.workspace.root)
    return of(context.workspace.settings.home.parent)


def file_of(context: Context, name: str, version: str = "1", model: str = "admission") -> Path:
    """A file of a registered version, as it lies."""
    place = tracking.connect(context.workspace.settings).get_model_version_download_uri(model, version)
    return Path(place.removeprefix("file://")) / name


def edited(context: Context, path: str, before: str, after: str) -> None:
    """Change a declaration."""
    file = context.workspace.root / path
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


def refuses(context: Context, says: str) -> None:
    """Nothing is decided, and why is said."""
    with pytest.raises(FieldstoneError, match=says):
        decide.run(again(context))


def goes_on(context: Context, model: str = "admission") -> str:
    """The version that scores."""
    new = again(context)
    policy_release.require(new)
    return champions.load(new, tracking.connect(new.workspace.settings), model).version


def test_a_version_is_in_force_by_its_release_which_is_in_the_trail_and_with_it(governed, client):
    champion = champions.load(governed, client, "admission")
    release = champion.release
    assert (str(champion), release.approver) == ("admission:1", "Rita")
    assert release.sha256 == document_sha256(release.document)
    assert client.get_model_version("admission", "1").tags["release"] == canonical_json(release.document)
    assert release.document["files"].keys() == {"predictor.json", "report.html", "record.json", "customers.html"}
    assert {"bank__application", "consent__grant"} <= release.document["contracts_sha256"].keys()
    assert champion.predictor.to_json() == admitted().predictor.to_json()
    auditing.verify(governed)


def test_a_version_that_somebody_put_in_the_registry_and_called_champion_does_not_score(governed, client):
    result, settings = admitted(), governed.workspace.settings
    tags = client.get_model_version("admission", "1").tags
    theirs = tracking.register(client, settings, "admission", result, {"report.html": "", "record.json": "{}"}, tags)
    client.set_registered_model_alias("admission", tracking.CHAMPION, theirs.version)
    refuses(governed, "by the trail admission:1 is in force .*, and the registry calls admission:2 champion")
    client.set_registered_model_alias("admission", tracking.CHALLENGER, theirs.version)
    with pytest.raises(FieldstoneError, match="admission:2 was made by no training in the audit trail"):
        model_release.approve(governed, "admission", "2", "Rita", "sound", sandbox=False)


@pytest.mark.further
def test_a_first_version_that_is_champion_by_name_alone_does_not_score(governed, client):
    version_ending.retire(governed, "admission", "1", "Rita", "old")
    registered(governed, fingerprint="another")
    client.set_registered_model_alias("admission", tracking.CHAMPION, "2")
    refuses(governed, r"calls admission:2 champion, but by the trail no version is in force \(admission:2: nobody has")


def test_what_somebody_registers_ahead_of_a_training_is_not_taken_for_its_version(governed, client):
    tags = client.get_model_version("admission", "1").tags | {"fingerprint": "to come"}
    pages = {"report.html": "", "record.json": "{}"}
    tracking.register(client, governed.workspace.settings, "admission", admitted(), pages, tags)
    assert trainings.known(governed, client, "admission", "to come") is None
    mine = registered(governed, fingerprint="to come")
    assert trainings.known(governed, client, "admission", "to come").version == mine.version


@pytest.mark.further
def test_a_training_that_was_killed_before_it_was_noted_is_gone_on_with(governed, client):
    tags = client.get_model_version("admission", "1").tags | {"fingerprint": "killed"}
    pages = {"report.html": "<p>", "record.json": "{}"}
    version = trainings.register(governed, client, "admission", admitted(), pages, tags)
    known = trainings.known(governed, client, "admission", "killed")
    assert known.version == version.version
    trainings.note(governed, client, known)
    assert trainings.of(governed.trail.entries(), "admission", "2").trainer == "Tara"


@pytest.mark.parametrize("name", ["artifacts/predictor.json", "tags"])
def test_a_predictor_or_a_tag_that_was_changed_before_the_approval_is_not_approved(governed, client, name):
    registered(governed, fingerprint="another")
    if name == "tags":
        client.set_model_version_tag("admission", "2", "trainer", "Rita's friend")
    else:
        path = file_of(governed, name, "2")
        path.write_text(path.read_text().replace("0.", "0.0", 1))
    with pytest.raises(FieldstoneError, match="changed or "):
        model_release.approve(governed, "admission", "2", "Rita", "sound", sandbox=False)
    assert goes_on(governed) == "1"


def test_a_predictor_that_was_changed_does_not_score(governed):
    path = file_of(governed, "artifacts/predictor.json")
    others = file_of(governed, "artifacts/predictor.json", model="limit").read_text()
    text = path.read_text()
    for theirs in (text.replace("1", "2", 1), text + " ", others, "{", None):
        path.unlink() if theirs is None else path.write_text(theirs)
        refuses(governed, r"predictor\.json of admission:1 was changed or is gone; put it back from a backup, or train")
    with pytest.raises(FieldstoneError, match=r"predictor\.json of admission:1 was changed or is gone"):
        auditing.verify(again(governed))
    path.write_text(text)
    assert goes_on(governed) == "1"


def test_code_in_an_artifact_is_never_run(governed, tmp_path):
    mark = tmp_path / "run"
    code = CODE.format(mark=str(mark))
    file_of(governed, "scorer.py").write_text(code)
    file_of(governed, "code").mkdir()
    file_of(governed, "code/models.py").write_text(code)
    described = file_of(governed, "MLmodel")
    whole, pickled = described.read_text(), "python_model: python_model.pkl\n    old: "
    described.write_text(whole.replace("model_code_path: ", pickled))
    assert goes_on(governed) == "1"
    assert not mark.exists()
    described.write_text(whole)
    with pytest.raises(Exception):  # noqa: B017, PT011  MLflow's own tools do run it
        mlflow.pyfunc.load_model("models:/admission/1").predict(None)
    assert mark.exists()


def test_a_kind_of_model_that_names_another_module_is_no_predictor():
    for kind in ("../jobs/cli", "os", "record", "jobs.cli", "", 3):
        with pytest.raises((FieldstoneError, ModuleNotFoundError, TypeError, ValueError)):
            models.predictor_from_json(json.dumps({"kind": kind}))


def test_a_declaration_that_was_changed_stops_decisions_until_it_is_approved_or_put_back(governed):
    spec = "conf/models/admission.yaml"
    for path, before, after, says in (
        (spec, "rounds: 400", "rounds: 401", f"{spec} was changed"),
        ("conf/contracts/bank/application.yaml", "max: 10000000", "max: 90000000", "contracts bank__application are"),
        ("conf/contracts/consent/grant.yaml", "retention_days: ", "retention_days: 9", "contracts consent__grant are"),
        (spec, "min: 0.62", "min: 0.51", f"{spec} was changed"),
    ):
        edited(governed, path, before, after)
        refuses(governed, f"admission:1 isn't as Rita approved it .*{says}.*: fieldstone approve admission 1 --appro")
        edited(governed, path, after, before)
    edited(governed, spec, "min: 0.62", "min: 0.51")
    with pytest.raises(FieldstoneError, match=f"{spec} was changed"):
        auditing.verify(again(governed))
    model_release.approve(again(governed), "admission", "1", "Rita", "seen", sandbox=False)
    assert goes_on(governed) == "1"
    edited(governed, spec, "min: 0.51", "min: 0.62")
    refuses(governed, f"{spec} was changed")


def test_features_that_are_declared_in_another_way_stop_decisions(governed):
    edited(governed, "features/sheds.py", "sum", "max")
    refuses(governed, "features of sheds are declared in another way")
    (governed.workspace.root / "features/sheds.py").unlink()
    refuses(governed, "features of sheds are declared in another way")


@pytest.mark.further
def test_tags_that_were_changed_stop_decisions(governed, client):
    tags = client.get_model_version("admission", "1").tags
    for name in ("passed", "trainer", "gates", "data_sha256"):
        client.set_model_version_tag("admission", "1", name, "false")
        refuses(governed, f"its {name} was changed in the registry")
        client.set_model_version_tag("admission", "1", name, tags[name])
    assert goes_on(governed) == "1"


@pytest.mark.parametrize(("what", "says"), [("edited", "was changed in the registry"), ("gone", "is missing in the")])
def test_a_release_that_was_edited_or_deleted_in_the_registry_stops_decisions(governed, client, what, says):
    if what == "gone":
        client.delete_model_version_tag("admission", "1", "release")
    else:
        text = client.get_model_version("admission", "1").tags["release"]
        client.set_model_version_tag("admission", "1", "release", text.replace("Tara", "Olga"))
    refuses(governed, f"its release {says}")


@pytest.mark.further
def test_a_retired_version_comes_back_by_no_alias_and_no_tag(governed, client):
    version_ending.retire(governed, "admission", "1", "Rita", "its data were wrong")
    client.delete_model_version_tag("admission", "1", tracking.RETIRED)
    for alias in (tracking.CHAMPION, tracking.CHALLENGER):
        client.set_registered_model_alias("admission", alias, "1")
    refuses(governed, r"admission:1: is retired by Rita \(its data were wrong\)\), so it may not score")
    with pytest.raises(FieldstoneError, match=r"is retired by Rita .* and can't be approved"):
        model_release.approve(governed, "admission", "1", "Rita", "sound", sandbox=False)


def test_an_earlier_version_is_in_force_again_by_a_new_approval_and_by_no_alias(governed, client):
    registered(governed, fingerprint="another")
    model_release.approve(governed, "admission", "2", "Rita", "better", sandbox=False)
    assert goes_on(governed) == "2"
    client.set_registered_model_alias("admission", tracking.CHAMPION, "1")
    refuses(governed, "by the trail admission:2 is in force .*, and the registry calls admission:1 champion")
    model_release.approve(governed, "admission", "1", "Rita", "the other one drifts", sandbox=False)
    assert goes_on(governed) == "1"
    actions = [entry.action for entry in governed.trail.entries()]
    assert actions[-2:] == ["approve", "approve"]


def test_who_trained_a_version_approves_it_under_no_spelling(governed):
    registered(governed, fingerprint="another")
    for name in ("Tara", "TARA", " tara ", "Ｔａｒａ"):
        with pytest.raises(FieldstoneError, match="trained admission:2 and can't approve it"):
            model_release.approve(governed, "admission", "2", name, "sound", sandbox=False)


def test_a_version_that_missed_a_gate_is_approved_by_no_alias_and_no_tag(governed, client):
    registered(governed, fingerprint="another", passed="false", gates="auc_oot 0.501 (min 0.65) FAILED")
    client.set_model_version_tag("admission", "2", "passed", "true")
    client.set_registered_model_alias("admission", tracking.CHALLENGER, "2")
    with pytest.raises(FieldstoneError, match=r"admission:2 didn't pass its gates \(auc_oot 0.501"):
        model_release.approve(governed, "admission", "2", "Rita", "sound", sandbox=False)


def test_a_policy_that_was_changed_decides_nothing_until_it_is_approved_or_put_back(governed, capsys):
    for before, after, place in (
        ("max_dti: ", "max_dti: 0.9 # ", "max_dti"),
        ("required_scopes: ", "required_scopes: [] # ", "required_scopes"),
        ("refer_pd: ", "refer_pd: 0.0001 # ", "refer_pd"),
        (" cap: ", " cap: 9", "products.*.cap"),
    ):
        edited(governed, "conf/policy.yaml", before, after)
        refuses(governed, f"the policy isn't the one that Paula approved .*changed since: .*{place}.*. Put conf/")
        edited(governed, "conf/policy.yaml", after, before)
    edited(governed, "conf/policy.yaml", " cap: ", " cap: 9")
    with pytest.raises(FieldstoneError, match="the policy isn't the one that Paula approved"):
        auditing.verify(again(governed))
    policy_release.show(again(governed))
    assert re.search(r'cap: "(\d+)" -> "9\1"', capsys.readouterr().out)
    policy_release.approve(again(governed), "Paula", "harvest was good", sandbox=False)
    assert goes_on(governed) == "1"
    edited(governed, "conf/policy.yaml", " cap: 9", " cap: ")
    refuses(governed, "the policy isn't the one that Paula approved")


def test_a_policy_that_nobody_approved_decides_nothing_and_the_sandbox_approves_where_it_may(governed, tmp_path):
    home = tmp_path / "fresh"
    shutil.copytree(governed.workspace.root, home / "workspace")
    fresh = of(home)
    with pytest.raises(FieldstoneError, match="nobody has approved the policy"):
        policy_release.require(fresh)
    with pytest.raises(
        FieldstoneError, match="the sandbox may not approve the policy, because sandbox_approval is off"
    ):
        policy_release.approve(fresh, "sandbox-reviewer", "sandbox", sandbox=True)


@pytest.mark.parametrize("name", ["report.html", "record.json", "customers.html"])
def test_a_report_that_was_changed_since_the_approval_is_told_by_audit_verify(governed, client, name):
    run = client.get_run(client.get_model_version("admission", "1").tags["run_id"])
    (Path(run.info.artifact_uri.removeprefix("file://")) / name).write_text("better")
    with pytest.raises(FieldstoneError, match=f"{name} of admission:1 changed or gone since it was approved"):
        auditing.verify(again(governed))


@pytest.mark.further
def test_what_comments_and_layout_say_changes_no_release(governed):
    for path in ("conf/policy.yaml", "conf/models/admission.yaml", "conf/contracts/bank/application.yaml"):
        file = governed.workspace.root / path
        file.write_text(f"# a word on it\n{file.read_text(encoding='utf-8')}\n", encoding="utf-8")
    assert goes_on(governed) == "1"
    auditing.verify(again(governed))


def test_a_reviewer_is_shown_what_differs_and_a_weaker_gate_clearly(governed, capsys):
    result = admitted()
    gates = tuple(replace(gate, min=gate.min and gate.min - 0.1) for gate in result.record.gates[1:])
    looser = replace(result, record=replace(result.record, gates=gates))
    registered(governed, "admission", looser, fingerprint="another")
    edited(governed, "conf/contracts/bank/application.yaml", "max: 10000000", "max: 90000000")
    capsys.readouterr()
    compare.run(again(governed), "admission", "2", as_json=False)
    output = capsys.readouterr().out
    assert "**admission:2**, trained by Tara" in output
    assert "In force is admission:1, approved by Rita (typed in a sandbox)." in output
    first, second = (gate.metric for gate in result.record.gates[:2])
    assert re.search(rf"\| {first} \| min [\d.]+ \| no gate \| .*WEAKER", output)
    assert re.search(rf"\| {second} \| min [\d.]+ \| min [\d.-]+ \| .*WEAKER", output)
    assert "- contracts changed: bank__application" in output
    assert "Policy: in force as it is." in output
    compared = compare.run(again(governed), "admission", "2", as_json=True)
    assert (capsys.readouterr().out, compared.text.strip()) == ("", output.strip())


@pytest.mark.parametrize(
    ("was", "now", "weaker"),
    [
        ((0.6, None), (0.6, None), False),
        ((0.6, None), (0.7, None), False),
        ((0.6, None), (0.5, None), True),
        ((0.6, None), (None, 0.9), True),
        ((None, 0.1), (None, 0.2), True),
        ((None, 0.1), (0.0, 0.1), False),
        ((0.0, 0.1), (0.0, None), True),
    ],
)
def test_a_gate_is_weaker_that_lets_more_through(was, now, weaker):
    before, after = (dict(zip(("min", "max"), bounds, strict=True)) for bounds in (was, now))
    assert prior_versions.is_weaker(before, after) is weaker


def red() -> FitResult:
    """A fit of which one test of the validation was red."""
    finding = judged("pd_too_low", Measure(1.6, p=0.001), load().validation)
    return replace(admitted(), record=replace(admitted().record, validation=(finding,)))


def test_a_red_finding_is_named_and_has_to_be_answered_before_an_approval(governed):
    registered(governed, result=red(), fingerprint="another")
    count = len(governed.trail.entries())
    with pytest.raises(FieldstoneError, match=r'nobody has answered: pd_too_low\. .*--answer pd_too_low="\.\.\."'):
        model_release.approve(governed, "admission", "2", "Rita", "sound", sandbox=False)
    with pytest.raises(FieldstoneError, match=r"it answers auc, and the red findings of its validation are pd_too_low"):
        model_release.approve(governed, "admission", "2", "Rita", "sound", False, None, {"auc": "high"})
    assert len(governed.trail.entries()) == count
    answers = {"pd_too_low": "grades C to E are declined until it is calibrated anew"}
    model_release.approve(governed, "admission", "2", "Rita", "sound", False, None, answers)
    assert json.loads(governed.trail.entries()[-1].details)["answers"] == answers
    assert goes_on(governed) == "2"


def test_an_approval_that_leaves_a_red_finding_open_counts_for_nothing(governed, client):
    version = registered(governed, result=red(), fingerprint="another")
    training = trainings.of(governed.trail.entries(), "admission", "2")
    features = champions.features(client, "admission", "2", training.files)
    details = releases.approval_details(champions.document(governed, version, training, features))
    about = {"model": "admission", "version": "2", "why": "sound", "approval": "person"}
    governed.trail.record("Rita", "approve", **about | details)
    client.set_registered_model_alias("admission", tracking.CHAMPION, "2")
    refuses(governed, "red findings that nobody has answered: pd_too_low")


@pytest.mark.further
def test_who_compares_is_told_of_red_findings_and_how_to_answer_them(governed):
    registered(governed, result=red(), fingerprint="another")
    text = comparison.compare(governed, "admission", "2").text
    assert "Red finding `pd_too_low`" in text
    assert "--answer pd_too_low=" in text


@pytest.mark.further
def test_answers_are_given_one_by_one_with_their_finding():
    command = ["approve", "admission", "2", "--approver", "Rita", "--why", "sound"]
    parsed = parser().parse_args([*command, "--answer", "auc=few late bads", "--answer=ks=a = b"])
    assert parsed.answers == {"auc": "few late bads", "ks": "a = b"}
    for wrong in (["--answer", "auc"], ["--answer", "auc= "], ["--answer", "auc=a", "--answer", "auc=b"]):
        with pytest.raises(SystemExit):
            parser().parse_args([*command, *wrong])


def test_a_sandbox_says_of_itself_that_nobody_has_looked(governed):
    settings = governed.workspace.settings.model_copy(update={"sandbox_approval": True})
    sandbox = replace(governed, workspace=replace(governed.workspace, settings=settings))
    registered(governed, result=red(), fingerprint="another")
    model_release.approve(sandbox, "admission", "2", "sandbox-reviewer", "a sandbox", sandbox=True)
    assert json.loads(governed.trail.entries()[-1].details)["answers"] == {"pd_too_low": sandbox_approval.ANSWER}
