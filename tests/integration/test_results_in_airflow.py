"""Airflow takes up results: a job's document is its XCom, whatever is told beside it; later tasks read its fields."""

import json
import os
import subprocess
import sys

import pytest

from conf.schema.workspace import ROOT

RUN = r'''
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from dags.common import job
found = {}
with DAG("d"):
    task = job("sources", pool="p")
# notes come before it, as text or as FIELDSTONE_LOG=json has them; Airflow reads both streams as one
task.bash_command = """echo 'a note' >&2; echo '{"level": "info"}' >&2; fieldstone sources --json"""
found["sources"] = task.execute({})
task.bash_command = "true"
found["nothing"] = task.execute({})
(dag,) = [dag for dag in DagBag(sys.argv[1]).dags.values() if dag.dag_id == "train_admission"]
pulled = {
    ("train_admission", "return_value"): {"model": "admission", "version": "2", "challenger": "admission:2"},
    ("compare_admission", "return_value"): {"text": "|a|b|", "release": "ab12", "trainers": ["tm"], "red_findings": []},
    ("review_admission", "answer"): {"who": "Ruth", "why": "sound", "answers": "ks=few loans"},
}
class Instance:
    def xcom_pull(self, task_ids, key="return_value"):
        return pulled[task_ids, key]
class Run:
    triggering_user_name = "tm"
for name in ("compare_admission", "review_admission", "approve_admission", "reject_admission"):
    task = dag.get_task(name)
    task.render_template_fields({"ti": Instance(), "dag_run": Run()}, dag.get_template_env())
    found[name] = {each: getattr(task, each, None) for each in ("env", "subject", "body")}
print(json.dumps(found))
'''


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict:
    home = tmp_path_factory.mktemp("airflow")
    environ = {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False", "PYTHONPATH": str(ROOT)}
    environ |= {"FIELDSTONE_HOME": str(home / "state"), "FIELDSTONE_SANDBOX": "1"}
    environ |= {"PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-c", RUN, str(ROOT / "dags")]
    done = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_the_document_is_the_result_of_the_task(results):
    assert {"farm", "housing", "bank", "consent"} <= {each["name"] for each in results["sources"]}


def test_a_command_that_says_nothing_has_no_result(results):
    assert results["nothing"] is None


def test_later_tasks_read_fields_of_results(results):
    assert results["compare_admission"]["env"]["VERSION"] == "2"
    assert results["review_admission"]["subject"] == "Put admission:2 in force?"
    assert results["review_admission"]["body"].startswith("|a|b|")
    answer = {"VERSION": "2", "APPROVER": "Ruth", "WHY": "sound"}
    assert results["reject_admission"]["env"] == answer
    assert results["approve_admission"]["env"] == answer | {"RELEASE": "ab12", "ANSWERED": "ks=few loans"}
