"""DAG files: light to parse, complete, and with one writer per table."""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from conf.schema import workspace
from dags import train_models
from jobs.command.parser import parser
from lake import audit
from lake.tables import Lake
from sandbox.stack.chain import dag_ids
from tests.policy.test_verbs import leaves

ROOT = Path(__file__).parents[2]
HEAVY = {"pyspark", "pysail", "deltalake", "pandas", "mlflow", "xgboost", "shap", "great_expectations"}
UPSTAIRS = {"jobs", "lake", "expectations", "features", "models", "sandbox"}


def parse(home: Path, **environ: str) -> dict:
    """What a fresh interpreter makes of the DAG folder."""
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("parse_dags.py")), str(ROOT / "dags")],
        env={**os.environ, **settings, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


# what becomes of answers to a question: by nobody, without a reason, by whoever may not, with one that can't be kept
ANSWERED = """
import sys
from datetime import datetime
from airflow.dag_processing.dagbag import DagBag
(dag,) = [dag for dag in DagBag(sys.argv[1]).dags.values() if dag.dag_id == "train_admission"]
review, kept = dag.get_task("review_admission"), {}
class Instance:
    def xcom_pull(self, task_ids):
        trained, compared = {"challenger": "admission:2"}, {"trainers": ["tara", "tm"]}
        return {"compare_admission": compared, "train_admission": trained}[task_ids]
    def xcom_push(self, key, value):
        kept[key] = value
review.do_branch = lambda context, branches_to_execute: branches_to_execute
for user, why in (pair.split(":") for pair in sys.argv[2:]):
    event = {"chosen_options": ["Send back"], "params_input": {"why": why}, "responded_at": datetime(2026, 1, 1)}
    event |= {"responded_by_user": user and {"id": user, "name": user}}
    kept.clear()
    try:
        print("answered", review.execute_complete({"ti": Instance()}, event), kept)
    except Exception as error:
        print("answered", type(error).__name__, error)
"""


def answered(home: Path, *answers: str, **environ: str) -> list[str]:
    """What the question does with answers, each `NAME:REASON`; the audit trail is that of a state in `home`."""
    settings = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PYTHONPATH": str(ROOT)}
    settings |= {"FIELDSTONE_HOME": str(home / "state")}
    settings |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-c", ANSWERED, str(ROOT / "dags"), *answers],
        env={**os.environ, **settings, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.removeprefix("answered ") for line in done.stdout.splitlines() if line.startswith("answered ")]


@pytest.fixture(scope="module")
def production(tmp_path_factory) -> dict:
    return parse(tmp_path_factory.mktemp("airflow"), FIELDSTONE_SANDBOX="")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory) -> dict:
    return parse(tmp_path_factory.mktemp("airflow"), FIELDSTONE_SANDBOX="1", FIELDSTONE_SANDBOX_APPROVAL="true")


def test_all_files_parse_in_under_a_second(production):
    assert production["errors"] == {}
    assert production["seconds"] < 1


def test_parsing_imports_conf_and_airflow_only(production):
    assert not {*production["modules"]} & (HEAVY | UPSTAIRS)


def test_the_dags_are_those_that_the_embedded_stack_follows(production):
    assert sorted(production["dags"]) == sorted([*dag_ids(workspace.load()), "erase_subjects", "inspect_partners"])


def test_what_may_not_be_kept_is_erased_daily_and_whenever_consents_are_new(production, embedded):
    (task,) = [task for task in production["tasks"] if task["id"] == "erase"]
    assert task["command"] == "fieldstone erase --due --execute --operator airflow --json"
    assert production["dags"]["erase_subjects"]["timetable"] == "AssetOrTimeSchedule"
    assert embedded["dags"]["erase_subjects"]["timetable"] == "NullTimetable"


def test_partners_are_inspected_daily_and_whenever_batches_were_scored(production, embedded):
    (task,) = [task for task in production["tasks"] if task["dag"] == "inspect_partners"]
    assert task["command"] == "fieldstone partner inspect --json"
    assert production["dags"]["inspect_partners"]["timetable"] == "AssetOrTimeSchedule"
    assert production["dags"]["inspect_partners"]["waits_for"] == ["audit__quality"]
    assert embedded["dags"]["inspect_partners"]["timetable"] == "NullTimetable"


def test_batches_count_as_scored_whether_or_not_they_were_refused(production):
    """Each refine is followed by a teardown, which runs after failures too and doesn't hide them."""
    tasks = {(task["dag"], task["id"]): task for task in production["tasks"]}
    refines = {key for key, task in tasks.items() if (task["command"] or "").startswith("fieldstone refine ")}
    gated = {f"refine_{source.name}" for source in workspace.load().sources.values() if not source.gates}
    assert {dag for dag, _ in refines} == {*gated, "ingest_consent"}
    for dag, name in refines:
        assert name in tasks[dag, "scored"]["after"]
        assert (tasks[dag, "scored"]["is_teardown"], tasks[dag, name]["is_teardown"]) == (True, False)


def test_a_source_that_fails_lets_the_others_go_on_and_its_run_ends_as_failed(production):
    """Its assets are told of in its place, and a last task that can only follow success shows the failure."""
    tasks = {(task["dag"], task["id"]): task for task in production["tasks"]}
    for source in (s.name for s in workspace.load().sources.values() if not s.gates):
        for dag, name, layer in (
            (f"ingest_{source}", f"ingest_{source}", "bronze"),
            (f"refine_{source}", f"refine_{source}", "silver"),
        ):
            missed, whole = tasks[dag, f"{name}_missed"], tasks[dag, f"{name}_whole"]
            assert missed["outlets"] == tasks[dag, name]["outlets"] == [f"{layer}_{source}"]
            assert (missed["after"], missed["when"]) == ([name], "one_failed")
            assert (whole["after"], whole["when"], whole["outlets"]) == ([name], "all_success", [])
            assert not [task for task in tasks.values() if task["dag"] == dag and whole["id"] in task["after"]]
        assert production["dags"][f"refine_{source}"]["waits_for"] == [f"bronze_{source}"]
    assert production["dags"]["build_features"]["waits_for"] == ["silver_bank", "silver_farm", "silver_housing"]


def test_a_register_of_consents_that_fails_stops_all_that_rest_on_it_but_what_came_of_it_counts(production):
    tasks = {task["id"]: task for task in production["tasks"] if task["dag"] == "ingest_consent"}
    assert (tasks["refine_consent"]["after"], tasks["refine_consent"]["when"]) == (["ingest_consent"], "all_success")
    in_part = tasks["refine_consent_in_part"]
    assert (in_part["after"], in_part["when"], in_part["outlets"]) == (["ingest_consent"], "one_failed", [])
    telling = [task["id"] for task in production["tasks"] if "silver_consent" in task["outlets"]]
    assert telling == ["refine_consent"]


def test_every_source_has_a_dag_that_ingests_it_and_a_task_that_refines_it(production):
    commands = Counter(task["command"] for task in production["tasks"])
    for source in workspace.load().sources.values():
        assert commands[f"fieldstone ingest {source.name} --json"] == 1
        assert commands[f"fieldstone refine {source.name} --json"] == (2 if source.gates else 1)


def test_nobody_is_asked_for_before_the_consents_are_in_silver(production):
    for source in workspace.load().sources.values():
        waits_for = production["dags"][f"ingest_{source.name}"]["waits_for"]
        assert waits_for == ([] if source.gates else ["silver_consent"])


def test_every_model_passes_a_person_before_it_is_in_force(production):
    after = {task["id"]: task["after"] for task in production["tasks"]}
    for model in workspace.load().models:
        assert after[f"approve_{model}"] == [f"review_{model}"]
        assert after[f"review_{model}"] == [f"compare_{model}"]
        assert after[f"compare_{model}"] == [f"train_{model}"]


def test_what_assets_set_off_runs_daily_too_for_events_that_it_missed_while_it_was_paused(production, embedded):
    """Airflow queues no event for a paused DAG, and one that waits for several sources would wait for a paused one."""
    waiting = {name for name, dag in production["dags"].items() if dag["waits_for"]}
    sources = {source.name for source in workspace.load().sources.values() if not source.gates}
    models = {f"train_{name}" for name in workspace.load().models}
    assert waiting >= {"build_features", "decide_applications", *models, *(f"refine_{name}" for name in sources)}
    assert {production["dags"][name]["timetable"] for name in waiting} == {"AssetOrTimeSchedule"}
    assert {embedded["dags"][name]["timetable"] for name in models} == {"AssetTriggeredTimetable"}


def test_a_question_about_one_model_holds_up_neither_the_other_nor_the_next_training(production):
    """Each model has a DAG of its own, whose approval alone puts it in force; a run waits for its own answer only."""
    tasks = {(task["dag"], task["id"]): task for task in production["tasks"]}
    for model in workspace.load().models:
        dag = f"train_{model}"
        answers = {f"{verb}_{model}" for verb in ("approve", "reject", "send_back")}
        assert {name for of, name in tasks if of == dag} == {
            dag,
            f"compare_{model}",
            f"review_{model}",
            "docs",
            *answers,
        }
        assert tasks[dag, f"approve_{model}"]["outlets"] == ["registry_champions"]
        assert production["dags"][dag]["runs"] > tasks[dag, f"review_{model}"]["answer_days"] == 14
        assert tasks[dag, dag]["pool"] == "registry"
    assert production["dags"]["decide_applications"]["waits_for"] == [
        "gold__application_features",
        "registry_champions",
    ]


def test_an_answer_counts_for_the_version_that_was_asked_about_with_its_reason_and_by_whoever_gave_it(production):
    answers = [task for task in production["tasks"] if task["id"].partition("_")[0] in ("approve", "reject", "send")]
    assert len(answers) == 3 * len(workspace.load().models)
    for task in answers:
        assert '"$VERSION" --approver="$APPROVER" --why="$WHY"' in task["command"]
        approves = task["id"].startswith("approve")
        assert task["env"].keys() == {"VERSION", "APPROVER", "WHY"} | ({"RELEASE"} if approves else set())
        assert ('--release "$RELEASE"' in task["command"]) == approves
        assert "key='answer')['who']" in task["env"]["APPROVER"]


def refusals(home: Path) -> list[dict]:
    """What the audit trail tells of answers that were refused."""
    place = workspace.load()
    place = replace(place, settings=place.settings.model_copy(update={"home": home / "state"}))
    entries = audit.opened(Lake(place)).entries()
    return [json.loads(entry.details) for entry in entries if entry.action == "refuse answer"]


def test_an_answer_by_nobody_or_without_a_reason_does_nothing(tmp_path):
    says = "['send_back_admission'] {'answer': {'who': 'rita', 'why': 'sound and simple'}}"
    found = answered(tmp_path, ":sound", "rita:  ", "rita: sound\nand simple")
    assert [line.split()[0] for line in found[:2]] == ["AirflowSkipException", "AirflowException"]
    assert found[2] == says


@pytest.mark.parametrize("why", ["\u2800", "so\u200bund", "sound\u202e", "a" * 2001])
def test_a_reason_that_cannot_be_kept_uses_up_no_question(why):
    assert train_models.why_unkept(why).startswith("Of the reason: it ")


@pytest.mark.parametrize("why", ["-1 is fine", "--sandbox", "合格，同意启用", "a" * 2000])
def test_a_reason_in_words_is_kept_whatever_it_begins_with(why):
    assert train_models.why_unkept(why) is None
    said = ["approve", "limit", "2", "--approver=-ann", f"--why={why}", "--release", "0" * 64]
    asked = parser().parse_args(said)
    assert (asked.why, asked.sandbox) == (why, False)


def test_an_answer_by_somebody_who_may_not_answer_asks_again_and_is_in_the_trail(tmp_path, monkeypatch):
    key = "{:043d}="
    listed = {
        "tara": {"roles": ["modeler", "reviewer"], "logins": ["tm"]},
        "rita": {"roles": ["reviewer"], "logins": ["r.login"]},
        "zhao": {"roles": ["engineer"]},
        "left": {"roles": ["reviewer"], "until": "2026-01-02"},
    }
    people = {
        name: {"from": "2026-01-01", "key": key.format(4 * n)} | each for n, (name, each) in enumerate(listed.items())
    }
    (tmp_path / "people.yaml").write_text(json.dumps({"people": people}))
    stated = {"FIELDSTONE_PEOPLE": str(tmp_path / "people.yaml"), "FIELDSTONE_SANDBOX": ""}
    for name, value in stated.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(train_models, "SANDBOX", False)  # as the environment says to who reads it anew
    refused = {name: train_models.why_not(name, ["tara", "tm"]) for name in ("Tara", " TM ", "zhao", "left", "admin")}
    assert refused["Tara"] == "Tara trained it; somebody else has to answer"
    assert all(refused.values())
    assert "zhao is engineer, and a reviewer who may act today has to answer" in refused["zhao"]
    assert refused["admin"] == "admin isn't among the people who may answer"
    assert train_models.why_not("R.Login", ["tara", "tm"]) is None
    found = answered(tmp_path, "Tara:sound", "rita:sound", **stated)
    assert found[0] == f"AirflowException {refused['Tara']}. Nothing was done; the question is asked again."
    assert found[1].startswith("['send_back_admission']")
    about = {"model": "admission", "version": "2", "answer": "Send back", "why": "sound"}
    assert refusals(tmp_path) == [about | {"answered_by": "Tara", "refused_for": refused["Tara"]}]


def test_every_job_gives_its_result_so_that_nothing_reads_prose(production):
    results = {each.prog for each in leaves(parser()) if each.get_default("has_result")}
    for task in production["tasks"]:
        if task["command"]:
            assert task["command"].endswith(" --json"), f"{task['id']} has to be made by dags.common.job"
            words = task["command"].split()
            said = {" ".join(words[:2]), " ".join(words[:3])}
            assert said & results, f"{task['command']} has no result; give its runs() has_result=True"


def test_the_trainer_is_who_triggered_the_training(production):
    for model in workspace.load().models:
        (train,) = [task for task in production["tasks"] if task["id"] == f"train_{model}"]
        assert train["env"] == {"FIELDSTONE_TRAINER": "{{ dag_run.triggering_user_name or '' }}"}


def test_every_job_retries_with_backoff_and_is_bounded_in_time(production):
    for task in production["tasks"]:
        if task["command"]:
            assert task["retries"] == 3
            assert task["backoff"]
            assert task["seconds"] == 7200


def test_every_job_has_a_pool_and_jobs_that_write_the_same_tables_share_it(production):
    jobs = [task for task in production["tasks"] if task["command"]]
    assert all(task["pool"] != "default_pool" for task in jobs)
    writers = {name: {t["pool"] for t in jobs if name in t["command"].split()} for name in workspace.load().sources}
    assert all(len(pools) == 1 for pools in writers.values())


def test_every_dag_says_what_it_is_and_whose(production):
    assert all(dag["doc"] and "fieldstone" in dag["tags"] for dag in production["dags"].values())
    assert all(task["owner"] != "airflow" for task in production["tasks"])


def test_sources_are_pulled_at_their_hour_in_production_and_by_the_stack_in_the_sandbox(production, embedded):
    for source in workspace.load().sources.values():
        hour = "CronTriggerTimetable" if source.gates else "AssetOrTimeSchedule"
        assert production["dags"][f"ingest_{source.name}"]["timetable"] == hour
        trigger = "NullTimetable" if source.gates else "AssetTriggeredTimetable"
        assert embedded["dags"][f"ingest_{source.name}"]["timetable"] == trigger


def test_an_approval_counts_as_sandbox_only_where_the_settings_allow_it(production, embedded):
    def approvals(parsed: dict) -> list[bool]:
        return ["--sandbox" in t["command"] for t in parsed["tasks"] if t["id"].startswith("approve_")]

    assert not any(approvals(production))
    assert all(approvals(embedded))


def test_no_dag_file_is_named_like_a_package():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert not {path.stem for path in (ROOT / "dags").glob("*.py")} & packages
