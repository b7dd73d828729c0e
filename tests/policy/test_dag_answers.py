"""Answers to a question about a model: what becomes of those by nobody, without a reason, or by whoever may not."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from conf.schema import workspace
from conf.schema.workspace import ROOT
from jobs.command.parser import parser
from lake import audit
from lake.tables import Lake

ANS = "an answer counts for the version that was asked about, by whoever gave it, with its reason: dags/review.py"
ASK = "ask again whom the question isn't for, and tell the trail: Review in dags/review.py"

# what becomes of answers to a question: by nobody, without a reason, by whoever may not, with one that can't be kept
ANSWERED = """
import sys
from datetime import datetime
from airflow.dag_processing.dagbag import DagBag
(dag,) = [dag for dag in DagBag(sys.argv[1]).dags.values() if dag.dag_id == "train_admission"]
review, kept = dag.get_task("review_admission"), {}
class Instance:
    def xcom_pull(self, task_ids):
        trained, compared = {"challenger": "admission:2"}, {"trainers": ["tara", "tm"], "red_findings": ["ks", "auc"]}
        return {"compare_admission": compared, "train_admission": trained}[task_ids]
    def xcom_push(self, key, value):
        kept[key] = value
review.do_branch = lambda context, branches_to_execute: branches_to_execute
for user, why, answers in ((*each.split(":", 2), None)[:3] for each in sys.argv[2:]):
    event = {"chosen_options": ["Send back" if answers is None else "Approve"], "responded_at": datetime(2026, 1, 1)}
    event |= {"params_input": {"why": why} | ({} if answers is None else {"answers": answers})}
    event |= {"responded_by_user": user and {"id": user, "name": user}}
    kept.clear()
    try:
        print("answered", review.execute_complete({"ti": Instance()}, event), kept)
    except Exception as error:
        print("answered", type(error).__name__, error)
"""


def answered(home: Path, *answers: str, **environ: str) -> list[str]:
    """What the question does with answers, each `NAME:REASON`, or `NAME:REASON:ANSWERS` to approve.

    The audit trail is that of a state in `home`.
    """
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


def refusals(home: Path) -> list[dict]:
    """What the audit trail tells of answers that were refused."""
    place = workspace.load()
    place = replace(place, settings=place.settings.model_copy(update={"home": home / "state"}))
    entries = audit.opened(Lake(place)).entries()
    return [json.loads(entry.details) for entry in entries if entry.action == "refuse answer"]


def test_an_answer_by_nobody_or_without_a_reason_does_nothing(tmp_path):
    says = "['send_back_admission'] {'answer': {'who': 'rita', 'why': 'sound and simple', 'answers': ''}}"
    lines = answered(tmp_path, ":sound", "rita:  ", "rita: sound\nand simple")
    assert [line.split()[0] for line in lines[:2]] == ["AirflowSkipException", "AirflowException"], ANS
    assert lines[2] == says, ANS


def test_an_approval_answers_each_red_finding_as_the_command_does(tmp_path):
    response = "rita:sound:ks: few loans, watched\n\n auc： 样本少 "
    lines = answered(
        tmp_path, "rita:sound:ks: few", response, FIELDSTONE_SANDBOX="", FIELDSTONE_SANDBOX_APPROVAL="false"
    )
    missing = "Of the answers to red findings: its validation has red findings that nobody has answered: auc."
    assert lines[0].startswith(f"AirflowException {missing}"), ANS
    text = "ks=few loans, watched\nauc=样本少"
    kept = {"answer": {"who": "rita", "why": "sound", "answers": text}}
    assert lines[1] == f"['approve_admission'] {kept}", ANS
    command = ["approve", "limit", "2", "--approver=ann", "--why=sound", "--release", "0" * 64, f"--answer={text}"]
    assert parser().parse_args(command).answers == {"ks": "few loans, watched", "auc": "样本少"}, ANS


def test_an_answer_by_somebody_who_may_not_answer_asks_again_and_is_in_the_trail(tmp_path):
    key = "{:043d}="
    roles = {"tara": ["modeler", "reviewer"], "rita": ["reviewer"]}
    people = {
        name: {"from": "2026-01-01", "key": key.format(4 * n), "roles": roles[name]} for n, name in enumerate(roles)
    }
    (tmp_path / "people.yaml").write_text(json.dumps({"people": people}))
    stated = {"FIELDSTONE_PEOPLE": str(tmp_path / "people.yaml"), "FIELDSTONE_SANDBOX": ""}
    lines = answered(tmp_path, "Tara:sound", "rita:sound", **stated)
    refusal = "Tara trained it; another person has to answer"
    assert lines[0] == f"AirflowException {refusal}. Nothing was done; the question is asked again.", ASK
    assert lines[1].startswith("['send_back_admission']"), "let who may answer be followed"
    about = {"model": "admission", "version": "2", "answer": "Send back", "why": "sound"}
    assert refusals(tmp_path) == [about | {"answered_by": "Tara", "refused_for": refusal}], ASK
