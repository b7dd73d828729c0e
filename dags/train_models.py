"""Train a model of `conf/models`, have a person review it, and put it in force; one DAG per model.

A trained version that passes its gates is a challenger. It becomes champion only by the approval of someone other
than its trainer, under *Required actions*, with a reason. *Reject* and *Send back* end it for good, with the reason;
the next version gets its own review. Without an answer within two weeks the present champion stays, and the next
training asks again. If training finds nothing new, nobody is asked. Meanwhile `docs` renews the report pages.

A waiting question delays nothing: neither the other models, nor decisions, nor the next training. An answer counts
for the version in question; once there is a later challenger, the question about that one must be answered.
"""

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import AirflowSkipException

from conf.schema.model import ModelSpec
from dags.common import CHAMPIONS, DAG_DEFAULTS, SANDBOX, TRAINING_FEATURES, WORKSPACE, Job, caught_up, job
from dags.review import ANSWER, Review

REVIEW = """\
{compared}

- **Approve**: it becomes champion, and the next decisions are made with it.
- **Send back**: it is to be made better; the present champion stays, and nobody is asked about it again.
- **Reject**: it isn't to be in force; the present champion stays, and nobody is asked about it again.

*Approve* has to answer each red finding of its validation, on a line of its own: `NAME: TEXT`.

You must not be the one who trained it. Say why: it is kept with the version and in the audit trail.
"""
ANSWERS = {"Approve": "approve", "Send back": "send-back", "Reject": "reject"}
DAYS_TO_ANSWER = 14
# a drill of the embedded stack can't wait for days
SECONDS = os.environ.get("FIELDSTONE_SANDBOX_ANSWER_SECONDS") if SANDBOX else None
TIME_TO_ANSWER = timedelta(seconds=int(SECONDS)) if SECONDS else timedelta(days=DAYS_TO_ANSWER)
# some more runs than questions that can be open at a time; the pool lets only one train at a time
MAX_REPEATS = 50
OPEN_QUESTIONS = 2 * DAYS_TO_ANSWER
DEFAULTS: dict[str, Any] = DAG_DEFAULTS | {"max_active_runs": OPEN_QUESTIONS}
# with `=`, because a name or a reason may begin with a dash
APPROVES = ' --release "$RELEASE" ${ANSWERED:+--answer="$ANSWERED"}' + (
    " --sandbox" if WORKSPACE.settings.sandbox_approval else ""
)


def skip_if_nothing_new(context: dict[str, Any]) -> None:
    """Skip the question if training left no challenger.

    Raises:
        AirflowSkipException: nothing awaits approval.
    """
    if not context["ti"].xcom_pull(task_ids=next(iter(context["task"].upstream_task_ids)))["challenger"]:
        raise AirflowSkipException("No new challenger: nothing to approve.")


def govern(spec: ModelSpec) -> None:
    """Train, review and promote one model."""
    # the trainer is the person who triggered the run; if new features did, it is the service
    triggered_by = "{{ dag_run.triggering_user_name or '' }}"
    train = job("train", spec.name, pool="registry", env={"FIELDSTONE_TRAINER": triggered_by})
    trained = f"ti.xcom_pull(task_ids='{train.task_id}')"
    compare = job(
        "compare",
        spec.name,
        arguments=' "$VERSION"',
        env={"VERSION": f"{{{{ {trained}['version'] }}}}"},
        pool="registry",
        pre_execute=skip_if_nothing_new,
    )
    review = Review(
        task_id=f"review_{spec.name}",
        trained_by=train.task_id,
        compared_by=compare.task_id,
        subject=f"Put {{{{ {trained}['challenger'] }}}} in force?",
        body=REVIEW.format(compared=f"{{{{ ti.xcom_pull(task_ids='{compare.task_id}')['text'] }}}}"),
        options=[*ANSWERS],
        options_mapping={answer: f"{verb.replace('-', '_')}_{spec.name}" for answer, verb in ANSWERS.items()},
        params={
            "why": Param("", type="string", title="Why"),
            "answers": Param("", type="string", format="multiline", title="Answers to red findings, NAME: TEXT"),
        },
        response_timeout=TIME_TO_ANSWER,
        defaults="Reject",
        # each retry takes an answer after one without a reason, by a wrong person, or in the question's own second
        retries=MAX_REPEATS,
        retry_delay=timedelta(seconds=5),
    )
    train >> [compare, job("docs", pool="docs")]
    shown = f"ti.xcom_pull(task_ids='{compare.task_id}')['release']"
    compare >> review >> [answer(verb, spec.name, trained, shown, review.task_id) for verb in ANSWERS.values()]


def answer(verb: str, model: str, trained: str, shown: str, review: str) -> Job:
    """The task that carries out the reviewer's answer, with their name and reason; it approves what was shown."""
    answered = f"ti.xcom_pull(task_ids='{review}', key='{ANSWER}')"
    approves = verb == "approve"
    return job(
        verb,
        model,
        arguments=f' "$VERSION" --approver="$APPROVER" --why="$WHY"{APPROVES if approves else ""}',
        env={
            "VERSION": f"{{{{ {trained}['version'] }}}}",
            "APPROVER": f"{{{{ {answered}['who'] }}}}",
            "WHY": f"{{{{ {answered}['why'] }}}}",
        }
        | ({"RELEASE": f"{{{{ {shown} }}}}", "ANSWERED": f"{{{{ {answered}['answers'] }}}}"} if approves else {}),
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
        **DEFAULTS,
    ):
        govern(each)
