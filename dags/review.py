"""The question to a reviewer: whose answer is followed, and what is done of one that doesn't count."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.providers.standard.operators.hitl import HITLBranchOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from conf.schema import finding_answers, review_answers, workspace
from conf.schema.errors import FieldstoneError
from dags.common import SANDBOX, WORKSPACE

ANSWER = "answer"  # what is kept of it for the task that does as it says


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
        try:
            check_reviewer(who, compared["trainers"])
            review_answers.check_reason(why)
            answers = to_findings(to_red, compared["red_findings"]) if answered == "Approve" else {}
        except FieldstoneError as refusal:
            version = context["ti"].xcom_pull(task_ids=self.trained_by)["challenger"]
            tell_of_refusal(version, who=who, answer=answered, why=why, refused_for=str(refusal))
            raise AirflowException(f"{refusal}. Nothing was done; the question is asked again.") from None
        lines = "\n".join(f"{name}={text}" for name, text in answers.items())
        context["ti"].xcom_push(key=ANSWER, value={"who": who, "why": why, "answers": lines})
        return super().execute_complete(context, event | {"params_input": params})


def check_reviewer(who: str, trainers: Collection[str]) -> None:
    """Let somebody answer, by the people of now rather than of when the DAG was read."""
    people, today = workspace.load().people, datetime.now(UTC).date()
    review_answers.check_reviewer(who, trainers, people, today, are_names_believed=SANDBOX)


def to_findings(text: str, red: Collection[str]) -> dict[str, str]:
    """Answers by red finding; a sandbox answers for itself, by the command."""
    return finding_answers.of_form(text, red, are_required=not WORKSPACE.settings.sandbox_approval)


def tell_of_refusal(version: str, **details: str) -> None:
    """Tell the audit trail of an answer that does nothing.

    Args:
        version: that it was about, as `MODEL:VERSION`.
        details: who answered what, and why it was refused.
    """
    options = [f"--{name.replace('_', '-')}={review_answers.shown(text)}" for name, text in details.items()]
    command = ["fieldstone", "refuse-answer", *version.split(":"), *options]
    SubprocessHook().run_command(command, cwd=str(WORKSPACE.root))
