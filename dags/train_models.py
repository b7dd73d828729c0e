"""Train a model of `conf/models`, have a person review it, and put it in force; one DAG per model.

A trained version that passes its gates is a challenger. It becomes champion only by the approval of someone other
than its trainer, under *Required actions*; without an answer within two weeks it is rejected and the present champion
stays. Where training finds nothing new, nobody is asked. Meanwhile `docs` renews the report pages.

A question that waits holds up nothing: neither the other models, nor decisions, nor the next training. An answer counts
for the version that it was asked about; once there is a later challenger, that one's question is to be answered.
"""

import os
import re
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException

from conf.model import ModelSpec
from dags.common import CHAMPIONS, DAG_DEFAULTS, SANDBOX, TRAINING_FEATURES, WORKSPACE, caught_up, job

REVIEW = """\
Gates, calibration, SHAP, stability and impact assessment are in its report: with the version in the model registry,
and as `models/{name}.html` among the report pages.

- **Approve**: it becomes champion, and the next decisions are made with it.
- **Reject**: the present champion stays.

You must not be the one who trained it.
"""
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


def govern(spec: ModelSpec) -> None:
    """Train, review and promote one model."""
    # whoever has triggered it is the trainer; nobody has where new features did, and then the service is
    triggered_by = "{{ dag_run.triggering_user_name or '' }}"
    train = job(
        "train", spec.name, pool="registry", output_processor=challenger, env={"FIELDSTONE_TRAINER": triggered_by}
    )
    review = ApprovalOperator(
        task_id=f"review_{spec.name}",
        subject=f"Put {{{{ ti.xcom_pull(task_ids='{train.task_id}') }}}} in force?",
        body=REVIEW.format(name=spec.name),
        defaults=ApprovalOperator.REJECT,
        response_timeout=TIME_TO_ANSWER,
        pre_execute=skip_if_nothing_new,
        retries=2,  # Airflow fails an answer that comes in the very second of the question: ask again
        retry_delay=timedelta(seconds=5),
    )
    asked = f"ti.xcom_pull(task_ids='{train.task_id}')"
    answered = f"ti.xcom_pull(task_ids='{review.task_id}')"
    approve = job(
        "approve",
        spec.name,
        arguments=f' --version "$VERSION" --approver "$APPROVER"{SANDBOX_FLAG}',
        env={
            "VERSION": f"{{{{ {asked}.rpartition(':')[2] }}}}",
            "APPROVER": f"{{{{ {answered}['responded_by_user']['name'] }}}}",
        },
        pool="registry",
        outlets=[CHAMPIONS],
    )
    train >> [review, job("docs", pool="docs")]
    review >> approve


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
