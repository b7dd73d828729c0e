"""Train each model of `conf/models`, have a person review it, and put it in force.

A trained version that passes its gates is a challenger. It becomes champion only by the approval of someone other
than its trainer, under *Required actions*; without an answer within two weeks it is rejected and the present champion
stays. Where training finds nothing new, nobody is asked. Meanwhile `docs` renews the report pages.
"""

import re
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, TriggerRule
from airflow.sdk.exceptions import AirflowSkipException

from conf.model import ModelSpec
from dags.common import CHAMPIONS, DAG_DEFAULTS, TRAINING_FEATURES, WORKSPACE, job

REVIEW = """\
Gates, calibration, SHAP, stability and impact assessment are in its report: with the version in the model registry,
and as `models/{name}.html` among the report pages.

- **Approve**: it becomes champion, and the next decisions are made with it.
- **Reject**: the present champion stays.

You must not be the one who trained it.
"""
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


def govern(spec: ModelSpec) -> tuple[BashOperator, BashOperator]:
    """Train, review and promote one model; returns the first and the last task."""
    train = job("train", spec.name, pool="registry", output_processor=challenger)
    review = ApprovalOperator(
        task_id=f"review_{spec.name}",
        subject=f"Put {{{{ ti.xcom_pull(task_ids='{train.task_id}') }}}} in force?",
        body=REVIEW.format(name=spec.name),
        defaults=ApprovalOperator.REJECT,
        response_timeout=timedelta(days=14),
        pre_execute=skip_if_nothing_new,
        retries=2,  # Airflow fails an answer that comes in the very second of the question: ask again
        retry_delay=timedelta(seconds=5),
    )
    approve = job(
        "approve",
        spec.name,
        arguments=f' --approver "$APPROVER"{SANDBOX_FLAG}',
        env={"APPROVER": f"{{{{ ti.xcom_pull(task_ids='{review.task_id}')['responded_by_user']['name'] }}}}"},
        pool="registry",
    )
    train >> review >> approve
    return train, approve


with DAG(
    "train_models",
    doc_md=__doc__,
    schedule=[TRAINING_FEATURES],
    tags=["fieldstone", "models"],
    default_args={"owner": "risk-modelling"},
    **DAG_DEFAULTS,
):
    approved = TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS
    champions = EmptyOperator(task_id="champions", outlets=[CHAMPIONS], trigger_rule=approved)
    docs = job("docs", pool="docs")
    for spec in WORKSPACE.models.values():
        train, approve = govern(spec)
        train >> docs
        approve >> champions
