"""The question to a reviewer: whose answers count, and what happens to an answer that doesn't count."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.providers.standard.operators.hitl import HITLBranchOperator
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from conf.schema import finding_answers, review_answers, workspace
from conf.schema.errors import FieldstoneError
from dags.common import SANDBOX, WORKSPACE

ANSWER = "answer"  # XCom key of the answer, for the task that carries it out


class Review(HITLBranchOperator):
    """A question to a person; the answer counts only with a reason, and from a person who may answer.

    Args:
        trained_by: the task that trained the version in question.
        compared_by: the task that compared it.
    """

    def __init__(self, *, trained_by: str, compared_by: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trained_by, self.compared_by = trained_by, compared_by

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        """Follow the answer.

        Raises:
            AirflowSkipException: nobody answered in time.
            AirflowException: the answer has no valid reason, has no answer to a red finding, or is by a person
                who may not answer; this is recorded in the audit trail, and the question is asked again.
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
    """Check that a person may answer, by the present list of people, not that of when the DAG was read."""
    people, today = workspace.load().people, datetime.now(UTC).date()
    review_answers.check_reviewer(who, trainers, people, today, are_names_believed=SANDBOX)


def to_findings(text: str, red: Collection[str]) -> dict[str, str]:
    """Red finding → its answer; a sandbox has its own answers, from the command."""
    return finding_answers.of_form(text, red, are_required=not WORKSPACE.settings.sandbox_approval)


def tell_of_refusal(version: str, **details: str) -> None:
    """Record in the audit trail an answer that doesn't count.

    Args:
        version: that the answer was about, as `MODEL:VERSION`.
        details: the person, the answer, and why it was refused.
    """
    options = [f"--{name.replace('_', '-')}={review_answers.shown(text)}" for name, text in details.items()]
    command = ["fieldstone", "refuse-answer", *version.split(":"), *options]
    SubprocessHook().run_command(command, cwd=str(WORKSPACE.root))
