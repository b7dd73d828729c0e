"""Decisions are made once more from what was kept of them, to the byte, whatever has happened since."""

import json
import re
import shutil
from dataclasses import replace

import pytest
from deltalake import DeltaTable

from conf.schema.errors import FAILED, FieldstoneError
from jobs import erase
from jobs.cli import main
from lake import raw_access
from lake.audit import hashed
from lake.erasure import DECISIONS, INPUTS
from lake.file_search import Traces, search
from pipeline import all_jobs, auditing, training
from pipeline.context import Context
from pipeline.decisions import decide, replay_results
from pipeline.decisions.decision_inputs import RUNS
from pipeline.features.build import SCORING
from pipeline.registry import tracking
from pipeline.releases import version_ending
from pipeline.results.modelers import Replayed
from tests.integration.holding import ANN, APPLICATIONS
from tests.integration.learning import county_copied


@pytest.fixture(scope="module")
def decided_once(learnt, tmp_path_factory):
    """A folder with the small county, whose pending applications are decided."""
    folder = tmp_path_factory.mktemp("decided")
    decide.run(county_copied(learnt, folder))
    return folder


@pytest.fixture
def decided(decided_once, tmp_path) -> Context:
    return county_copied(decided_once, tmp_path)


def rows(context: Context, *columns: str) -> list[dict]:
    return sorted(
        raw_access.chosen(context.lake, DECISIONS, {}, ["application_id", *columns]), key=lambda r: [*r.values()]
    )


def numbers(context: Context) -> list[str]:
    return [row["application_id"] for row in rows(context)]


def one_of_each(context: Context) -> list[str]:
    """An application of each outcome and ground."""
    made = rows(context, "decision", "refer_reasons", "decline_reasons", "binding_constraint")
    return sorted({str([*row.values()][1:]): row["application_id"] for row in made}.values())


def change(context: Context, table: str, where: str, **values: str) -> None:
    """Update a table by SQL, as whoever may write its folder can."""
    DeltaTable(str(context.lake.path(table))).update(values, predicate=where)


def same(context: Context, capsys) -> str:
    """What a replay of all prints, which is that all are the same."""
    capsys.readouterr()
    replay_results.show(context, None, is_all=True)
    output = capsys.readouterr().out
    assert re.match(r"replay: (\d+) of \1 decisions are the same", output)
    return output


def test_all_decisions_are_the_same_again_together_and_by_themselves(decided, capsys):
    made = numbers(decided)
    assert sorted(row["application_id"] for row in decided.lake.records(INPUTS)) == made
    assert len({row["run"] for row in decided.lake.records(INPUTS)}) == 1
    assert same(decided, capsys) == f"replay: {len(made)} of {len(made)} decisions are the same\n"
    chosen = one_of_each(decided)
    assert len(chosen) >= 4
    for number in chosen:
        assert replay_results.show(decided, number, is_all=False) == Replayed(1, versions=("admission:1", "limit:1"))
        assert capsys.readouterr().out == f"replay {number}: same, by admission:1, limit:1\n"
    assert replay_results.show(decided, None, is_all=True) == Replayed(len(made), without_inputs=0)
    auditing.verify(decided)


@pytest.mark.further
def test_a_replay_is_in_the_trail_and_names_nobody(decided):
    number, key = (rows(decided, "subject_key")[0][name] for name in ("application_id", "subject_key"))
    replay_results.show(decided, number, is_all=False)
    entry = decided.trail.entries()[-1]
    details = {"decision": hashed(number), "subjects": [hashed(key)], "decisions": 1, "same": 1, "reworded": 0}
    assert (entry.action, json.loads(entry.details)) == ("replay", details)
    replay_results.show(decided, None, is_all=True)
    entry = decided.trail.entries()[-1]
    count = len(numbers(decided))
    assert json.loads(entry.details) == {"is_all": True, "decisions": count, "same": count, "reworded": 0}
    assert number not in entry.details


def test_what_is_kept_of_a_person_can_be_read_by_nobody_without_the_key(decided):
    key = rows(decided, "subject_key")[0]["subject_key"]
    record = next(row for row in decided.lake.records(INPUTS) if row["subject_key"] == key)
    assert b"requested_amount" not in record["inputs_ciphertext"]
    assert b"requested_amount" in decided.vault.data_key(key).unseal(record["inputs_ciphertext"], key)
    (run,) = decided.lake.records(RUNS)
    stated = json.loads(run["stated"])
    assert stated["models"]["pd"].keys() == {"name", "version", "predictor_sha256", "release_sha256"}
    assert stated["code_version"]
    people = {word for row in rows(decided, "subject_key") for word in row.values()}
    assert not [word for word in people if word in run["stated"]]


@pytest.mark.further
def test_decisions_are_the_same_under_another_policy_champion_and_features(decided, capsys):
    policy = decided.workspace.policy.model_copy(update={"decline_pd": 0.03, "refer_pd": 0.02})
    spec = decided.workspace.model("admission").model_copy(update={"seed": 11})
    workspace = replace(decided.workspace, policy=policy, models=decided.workspace.models | {"admission": spec})
    later = Context(workspace, decided.as_of)
    training.train(later, "admission")
    all_jobs.approve_as_sandbox(later)
    client = tracking.connect(workspace.settings)
    assert tracking.by_alias(client, "admission", tracking.CHAMPION).version != "1"
    later.lake.delete(SCORING, {"application_id": numbers(later)[:5]})
    shutil.rmtree(later.lake.path("gold__training_features"))
    same(later, capsys)
    version_ending.retire(later, "admission", "1", "Rita", "a better one is there")
    same(later, capsys)
    replay_results.show(later, number := numbers(later)[0], is_all=False)
    assert capsys.readouterr().out == (
        f"replay {number}: same, by admission:1, limit:1; admission:1 was retired by Rita since\n"
    )


def test_who_is_erased_takes_their_own_inputs_and_nobody_elses(decided, capsys):
    made = rows(decided, "subject_key", "consent_ids")
    gone = made[0]["subject_key"]
    theirs = [row["application_id"] for row in made if row["subject_key"] == gone]
    erase.run(decided, gone, due=False, execute=True, operator="Olga")
    left = len(made) - len(theirs)
    output = same(decided, capsys)
    assert output.startswith(f"replay: {left} of {left} decisions are the same")
    with pytest.raises(FieldstoneError) as refused:
        replay_results.show(decided, theirs[0], is_all=False)
    reference = json.loads(decided.trail.entries()[-2].details)["reference"]
    assert f"the inputs of the decision on {theirs[0]} were erased under {reference} (entry " in str(refused.value)
    auditing.verify(decided)
    home = decided.workspace.settings.home
    findings = search(home, [Traces(f"lake/{INPUTS}", (gone, *theirs), ())])
    assert not findings.holding


@pytest.mark.further
def test_the_end_of_a_consent_takes_inputs_when_it_is_due(decided):
    grants = raw_access.chosen(decided.lake, "silver_consent__grant", {}, ["consent_no", "subject_key"])
    whose = {row["consent_no"]: row["subject_key"] for row in grants}
    rested = {
        row["subject_key"]
        for row in rows(decided, "subject_key", "consent_ids")
        if row["subject_key"] in {whose[n] for n in row["consent_ids"]}
    }
    made = {row["application_id"]: row["subject_key"] for row in rows(decided, "subject_key")}
    at = decided.as_of.replace(year=2031)
    settings = decided.workspace.settings.model_copy(update={"as_of": at})
    later = Context(replace(decided.workspace, settings=settings), at)
    erase.run(later, None, due=True, execute=True, operator="Olga")
    left = {row["subject_key"] for row in later.lake.records(INPUTS)}
    assert rested
    assert not left & rested  # who had given none has theirs kept as long as the bank's own records
    number = next(number for number, key in made.items() if key not in left)
    with pytest.raises(FieldstoneError, match=r"the inputs of the decision on .* were erased under"):
        replay_results.show(later, number, is_all=False)
    auditing.verify(later)


def test_a_decision_that_comes_out_in_another_way_is_told_by_its_columns(decided, capsys):
    admitted = next(row["application_id"] for row in rows(decided, "decision") if row["decision"] == "admit")
    where = f"application_id = '{admitted}'"
    change(decided, DECISIONS, where, pd="pd + 1e-16", limit_amount="limit_amount + 100", reasons_en="make_array('x')")
    with pytest.raises(FieldstoneError, match=f"^{admitted} isn't the same: .*limit_amount, reasons_en come out in"):
        replay_results.show(decided, admitted, is_all=False)
    with pytest.raises(FieldstoneError, match=f"^{admitted} isn't the same: "):
        replay_results.show(decided, None, is_all=True)
    count = len(numbers(decided))
    assert f"replay: {count - 1} of {count} decisions are the same" in capsys.readouterr().out


def test_another_wording_is_told_apart_from_another_outcome(decided, capsys):
    declined = next(row["application_id"] for row in rows(decided, "decision") if row["decision"] == "decline")
    count = len(numbers(decided))
    change(
        decided, DECISIONS, f"application_id = '{declined}'", reasons_en="make_array('x')", grounds_zh="make_array('y')"
    )
    assert replay_results.show(decided, None, is_all=True) == Replayed(count, without_inputs=0, reworded=1)
    captured = capsys.readouterr()
    assert f"replay: {count - 1} of {count} decisions are the same" in captured.out
    assert "1 have the same outcome in other words (grounds_zh, reasons_en)" in captured.out + captured.err
    assert json.loads(decided.trail.entries()[-1].details)["reworded"] == 1
    assert replay_results.show(decided, declined, is_all=False).reworded == 1
    assert f"replay {declined}: same but for its wording, by admission:1" in capsys.readouterr().out
    change(decided, DECISIONS, f"application_id = '{declined}'", reason_features="make_array('x')")
    with pytest.raises(FieldstoneError, match=f"^{declined} isn't the same: .*reason_features"):
        replay_results.show(decided, None, is_all=True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("inputs of another", "can't be decided once more: what it was decided from isn't as it was sealed"),
        ("inputs spoilt", "can't be decided once more: what it was decided from isn't as it was sealed"),
        ("inputs gone", "are missing, though no erasure removed them; fieldstone audit verify tells more"),
        ("decision gone", "its decision is gone, or the key of its inputs is"),
        ("key gone", "its decision is gone, or the key of its inputs is"),
        ("run changed", "are missing from audit__decision_runs or were changed there"),
        ("run gone", "are missing from audit__decision_runs or were changed there"),
        ("predictor changed", "predictor.json of admission:1 was changed or is gone"),
        ("predictor gone", "predictor.json of admission:1 was changed or is gone"),
    ],
)
def test_inputs_that_are_not_as_they_were_decide_nothing(decided, name, says):
    number, key = (rows(decided, "subject_key")[0][column] for column in ("application_id", "subject_key"))
    other = numbers(decided)[1]
    where, lake = f"application_id = '{number}'", decided.lake
    predictors = [*decided.workspace.settings.home.rglob("predictor.json")]
    if name == "inputs of another":
        content = next(r for r in lake.records(INPUTS) if r["application_id"] == other)["inputs_ciphertext"]
        change(decided, INPUTS, where, inputs_ciphertext=f"X'{content.hex()}'")
    elif name == "inputs spoilt":
        change(decided, INPUTS, where, inputs_ciphertext="X'00'")
    elif name == "inputs gone":
        lake.delete(INPUTS, {"application_id": [number]})
    elif name == "decision gone":
        lake.delete(DECISIONS, {"application_id": [number]})
    elif name == "key gone":
        lake.delete("vault__keys", {"key_id": [key]})
    elif name == "run changed":
        change(decided, RUNS, "true", stated="'{}'")
    elif name == "run gone":
        lake.delete(RUNS, {})
    for path in predictors if name == "predictor changed" else []:
        path.write_text(path.read_text().replace('"intercept": ', '"intercept": 1'))
    for path in predictors if name == "predictor gone" else []:
        path.unlink()
    with pytest.raises(FieldstoneError, match=re.escape(says)):
        replay_results.show(decided, number, is_all=False)


def test_a_decision_that_is_not_there_or_of_before_is_told_apart(populated):
    with pytest.raises(
        FieldstoneError, match=r"^there is no decision on A9; fieldstone decisions list shows those there are$"
    ):
        replay_results.show(populated, "A9", is_all=False)
    with pytest.raises(FieldstoneError, match="was decided before inputs were kept, so it can't be decided once more"):
        replay_results.show(populated, APPLICATIONS[ANN], is_all=False)


@pytest.mark.further
def test_the_command_says_how_many_are_left_out_and_fails_on_what_is_not_there(populated, monkeypatch, capsys):
    settings = populated.workspace.settings
    for name in ("home", "landing", "as_of"):
        value = getattr(settings, name)
        monkeypatch.setenv(f"FIELDSTONE_{name.upper()}", value.isoformat() if name == "as_of" else str(value))
    assert main(["replay", "--all"]) == 0
    assert "replay: 0 of 0 decisions are the same; 2 more have no inputs" in capsys.readouterr().out
    assert main(["replay", "A9"]) == FAILED
    with pytest.raises(SystemExit):
        main(["replay"])
