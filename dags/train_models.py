"""Train a model of `conf/models`, have a person review it, and put it in force; one DAG per model.

A trained version that passes its gates is a challenger. It becomes champion only by the approval of someone other
than its trainer, under *Required actions*, who says why. *Reject* and *Send back* end it for good, with the reason; who
trains another one is asked about that. Without an answer within two weeks the present champion stays, and the next
training asks again. Where training finds nothing new, nobody is asked. Meanwhile `docs` renews the report pages.

A question that waits holds up nothing: neither the other models, nor decisions, nor the next training. An answer counts
for the version that it was asked about; once there is a later challenger, that one's question is to be answered.
"""

import json
import os
import re
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLBranchOperator
from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from conf.model import ModelSpec
from dags.common import CHAMPIONS, DAG_DEFAULTS, SANDBOX, TRAINING_FEATURES, WORKSPACE, Job, caught_up, job

REVIEW = """\
{compared}

- **Approve**: it becomes champion, and the next decisions are made with it.
- **Send back**: it is to be made better; the present champion stays, and nobody is asked about it again.
- **Reject**: it isn't to be in force; the present champion stays, and nobody is asked about it again.

You must not be the one who trained it. Say why: it is kept with the version and in the audit trail.
"""
ANSWER = "answer"  # what is kept of it for the task that does as it says
ANSWERS = {"Approve": "approve", "Send back": "send-back", "Reject": "reject"}
DAYS_TO_ANSWER = 14
# a drill of the embedded stack can't wait for days
SECONDS = os.environ.get("FIELDSTONE_SANDBOX_ANSWER_SECONDS") if SANDBOX else None
TIME_TO_ANSWER = timedelta(seconds=int(SECONDS)) if SECONDS else timedelta(days=DAYS_TO_ANSWER)
# as many runs as questions can be open at a time, and some; the pool lets one at a time train
OPEN_QUESTIONS = 2 * DAYS_TO_ANSWER
SANDBOX_FLAG = " --sandbox" if WORKSPACE.settings.sandbox_approval else ""


def challenger(line: str) -> str | None:
    """The model version that awaits approval, from the last line that training printed."""
    match = re.search(r"(\S+:\d+) awaits approval", line)
    return match and match[1]


def skip_if_nothing_new(context: dict[str, Any]) -> None:
    """Ask nobody where training left no challenger.

    Raises:
        AirflowSkipException: nothing awaits approval.
    """
    if not context["ti"].xcom_pull(task_ids=next(iter(context["task"].upstream_task_ids))):
        raise AirflowSkipException("No new challenger: nothing to approve.")


class Review(HITLBranchOperator):
    """A question to a person, whose answer counts only with a reason."""

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Follow the answer.

        Raises:
            AirflowSkipException: nobody has answered in time.
            AirflowException: the answer has no reason; the question is asked again.
        """
        if not event.get("responded_by_user"):
            raise AirflowSkipException("Nobody has answered in time: the present champion stays.")
        why = " ".join(str((event.get("params_input") or {}).get("why") or "").split())
        if not why:
            raise AirflowException("The answer doesn't say why; answer again, and do.")
        context["ti"].xcom_push(key=ANSWER, value={"who": event["responded_by_user"]["name"], "why": why})
        return super().execute_complete(context, event)


def govern(spec: ModelSpec) -> None:
    """Train, review and promote one model."""
    # whoever has triggered it is the trainer; nobody has where new features did, and then the service is
    triggered_by = "{{ dag_run.triggering_user_name or '' }}"
    train = job(
        "train", spec.name, pool="registry", output_processor=challenger, env={"FIELDSTONE_TRAINER": triggered_by}
    )
    asked = f"ti.xcom_pull(task_ids='{train.task_id}')"
    compare = job(
        "compare",
        spec.name,
        arguments=' "$VERSION" --json',
        env={"VERSION": f"{{{{ ({asked} or '').rpartition(':')[2] }}}}"},
        pool="registry",
        output_processor=json.loads,
        pre_execute=skip_if_nothing_new,
    )
    review = Review(
        task_id=f"review_{spec.name}",
        subject=f"Put {{{{ {asked} }}}} in force?",
        body=REVIEW.format(compared=f"{{{{ ti.xcom_pull(task_ids='{compare.task_id}')['text'] }}}}"),
        options=[*ANSWERS],
        options_mapping={answer: f"{verb.replace('-', '_')}_{spec.name}" for answer, verb in ANSWERS.items()},
        params={"why": Param("", type="string", title="Why")},
        response_timeout=TIME_TO_ANSWER,
        defaults="Reject",
        retries=2,  # Airflow fails an answer that comes in the very second of the question: ask again
        retry_delay=timedelta(seconds=5),
    )
    train >> [compare, job("docs", pool="docs")]
    compare >> review >> [answer(verb, spec.name, asked, review.task_id) for verb in ANSWERS.values()]


def answer(verb: str, model: str, asked: str, review: str) -> Job:
    """The task that does as the reviewer has answered, with their name and reason."""
    answered = f"ti.xcom_pull(task_ids='{review}', key='{ANSWER}')"
    approves = verb == "approve"
    return job(
        verb,
        model,
        arguments=f' "$VERSION" --approver "$APPROVER" --why "$WHY"{SANDBOX_FLAG if approves else ""}',
        env={
            "VERSION": f"{{{{ ({asked} or '').rpartition(':')[2] }}}}",
            "APPROVER": f"{{{{ {answered}['who'] }}}}",
            "WHY": f"{{{{ {answered}['why'] }}}}",
        },
        pool="registry",
        outlets=[CHAMPIONS] if approves else [],
    )


for each in WORKSPACE.models.values():
    with DAG(
        f"train_{each.name}",
        doc_md=__doc__,
        schedule=caught_up("train", [TRAINING_FEATURES]),
        tags=["fieldstone", "models", each.name],
        default_args={"owner": "risk-modelling"},
        **DAG_DEFAULTS | {"max_active_runs": OPEN_QUESTIONS},
    ):
        govern(each)
