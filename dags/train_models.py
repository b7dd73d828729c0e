"""Train a model of `conf/models`, have a person review it, and put it in force; one DAG per model.

A trained version that passes its gates is a challenger. It becomes champion only by the approval of someone other
than its trainer, under *Required actions*, who says why. *Reject* and *Send back* end it for good, with the reason; who
trains another one is asked about that. Without an answer within two weeks the present champion stays, and the next
training asks again. Where training finds nothing new, nobody is asked. Meanwhile `docs` renews the report pages.

A question that waits holds up nothing: neither the other models, nor decisions, nor the next training. An answer counts
for the version that it was asked about; once there is a later challenger, that one's question is to be answered.
"""

import os
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.providers.standard.operators.hitl import HITLBranchOperator
from airflow.sdk import DAG, Param
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from conf.schema import workspace
from conf.schema.acts import OWNERS
from conf.schema.errors import FieldstoneError
from conf.schema.model import ModelSpec
from conf.schema.person_names import in_words, one_form
from dags import answers
from dags.common import CHAMPIONS, DAG_DEFAULTS, SANDBOX, TRAINING_FEATURES, WORKSPACE, Job, caught_up, job

REVIEW = """\
{compared}

- **Approve**: it becomes champion, and the next decisions are made with it.
- **Send back**: it is to be made better; the present champion stays, and nobody is asked about it again.
- **Reject**: it isn't to be in force; the present champion stays, and nobody is asked about it again.

*Approve* has to answer each red finding of its validation, on a line of its own: `NAME: TEXT`.

You must not be the one who trained it. Say why: it is kept with the version and in the audit trail.
"""
ANSWER = "answer"  # what is kept of it for the task that does as it says
ANSWERS = {"Approve": "approve", "Send back": "send-back", "Reject": "reject"}
LONGEST = 2000  # characters of a reason
DAYS_TO_ANSWER = 14
# a drill of the embedded stack can't wait for days
SECONDS = os.environ.get("FIELDSTONE_SANDBOX_ANSWER_SECONDS") if SANDBOX else None
TIME_TO_ANSWER = timedelta(seconds=int(SECONDS)) if SECONDS else timedelta(days=DAYS_TO_ANSWER)
# as many runs as questions can be open at a time, and some; the pool lets one at a time train
MAX_REPEATS = 50
OPEN_QUESTIONS = 2 * DAYS_TO_ANSWER
DEFAULTS: dict[str, Any] = DAG_DEFAULTS | {"max_active_runs": OPEN_QUESTIONS}
# with `=`, since a name or a reason may begin with a dash
APPROVES = ' --release "$RELEASE" ${ANSWERED:+--answer="$ANSWERED"}' + (
    " --sandbox" if WORKSPACE.settings.sandbox_approval else ""
)


def skip_if_nothing_new(context: dict[str, Any]) -> None:
    """Ask nobody where training left no challenger.

    Raises:
        AirflowSkipException: nothing awaits approval.
    """
    if not context["ti"].xcom_pull(task_ids=next(iter(context["task"].upstream_task_ids)))["challenger"]:
        raise AirflowSkipException("No new challenger: nothing to approve.")


def why_not(who: str, trainers: Collection[str]) -> str | None:
    """Why somebody may not answer, by the people of now; None if they may, or if a name is believed, as in a sandbox.

    What they then do is judged once more, by the audit trail. Here it only keeps a question from being used up.

    Args:
        trainers: names of those who trained it, in one form.
    """
    read = workspace.load()
    person = read.people.find(who)
    names = {person.id, *person.logins} if person else {one_form(who)}
    if names & {*trainers}:
        return f"{who} trained it; somebody else has to answer"
    if person is None:
        return None if SANDBOX or not read.people.people else f"{who} isn't among the people who may answer"
    if not OWNERS["approve"] & {*person.roles} or not person.is_current(datetime.now(UTC).date()):
        return f"{who} is {', '.join(person.roles)}, and a reviewer who may act today has to answer"
    return None


def why_unkept(why: str) -> str | None:
    """Why the reason of an answer can't be kept in the audit trail; None if it can."""
    try:
        in_words(why)
    except FieldstoneError as error:
        return f"Of the reason: {error}"
    return None if len(why) <= LONGEST else f"Of the reason: it has more than {LONGEST:,} characters; say it in fewer"


def answered_findings(text: str, red: Collection[str] | None) -> tuple[dict[str, str], str | None]:
    """Answers by red finding, none where nothing is approved; and why they don't do, None if they do."""
    if red is None:
        return {}, None
    try:
        return answers.to_findings(text, red, are_required=not WORKSPACE.settings.sandbox_approval), None
    except FieldstoneError as error:
        return {}, f"Of the answers to red findings: {error}"


class Review(HITLBranchOperator):
    """A question to a person, whose answer counts only with a reason, and by somebody who may answer.

    Args:
        trained_by: the task that has trained what is asked about.
        compared_by: the task that has looked at it.
    """

    def __init__(self, *, trained_by: str, compared_by: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trained_by, self.compared_by = trained_by, compared_by

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Follow the answer.

        Raises:
            AirflowSkipException: nobody has answered in time.
            AirflowException: the answer has no reason that can be kept, leaves a red finding without one, or is by
                somebody who may not answer; the audit trail is told, and the question is asked again.
        """
        if not event.get("responded_by_user"):
            raise AirflowSkipException("Nobody has answered in time: the present champion stays.")
        params = dict.fromkeys(self.params, "") | (event.get("params_input") or {})  # a client may leave fields out
        why, to_red = " ".join(str(params["why"] or "").split()), str(params["answers"] or "")
        who, (answered,) = event["responded_by_user"]["name"], event["chosen_options"]
        compared = context["ti"].xcom_pull(task_ids=self.compared_by)
        red = compared["red_findings"] if answered == "Approve" else None
        kept, why_unanswered = answered_findings(to_red, red)
        if refusal := why_not(who, compared["trainers"]) or why_unkept(why) or why_unanswered:
            version = context["ti"].xcom_pull(task_ids=self.trained_by)["challenger"]
            tell_of_refusal(version, who=who, answer=answered, why=why, refused_for=refusal)
            raise AirflowException(f"{refusal}. Nothing was done; the question is asked again.")
        lines = "\n".join(f"{name}={text}" for name, text in kept.items())
        context["ti"].xcom_push(key=ANSWER, value={"who": who, "why": why, "answers": lines})
        return super().execute_complete(context, event | {"params_input": params})


def tell_of_refusal(version: str, **details: str) -> None:
    """Tell the audit trail of an answer that does nothing.

    Args:
        version: that it was about, as `MODEL:VERSION`.
        details: who answered what, and why it was refused.
    """
    seen = {name: "".join(c for c in text if c.isprintable())[:LONGEST] for name, text in details.items()}
    options = [f"--{name.replace('_', '-')}={text}" for name, text in seen.items()]
    command = ["fieldstone", "refuse-answer", *version.split(":"), *options]
    SubprocessHook().run_command(command, cwd=str(WORKSPACE.root))


def govern(spec: ModelSpec) -> None:
    """Train, review and promote one model."""
    # whoever has triggered it is the trainer; nobody has where new features did, and then the service is
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
        # each is another answer: without a reason, by somebody who may not, or in the very second of the question
        retries=MAX_REPEATS,
        retry_delay=timedelta(seconds=5),
    )
    train >> [compare, job("docs", pool="docs")]
    shown = f"ti.xcom_pull(task_ids='{compare.task_id}')['release']"
    compare >> review >> [answer(verb, spec.name, trained, shown, review.task_id) for verb in ANSWERS.values()]


def answer(verb: str, model: str, trained: str, shown: str, review: str) -> Job:
    """The task that does as the reviewer has answered, with their name and reason; it approves what was shown."""
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
