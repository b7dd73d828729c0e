"""`fieldstone refuse-answer MODEL VERSION`: tell the trail of an answer in Airflow that was refused, and why."""

from pipeline.context import Context

ACTION = "refuse answer"


def run(context: Context, model_name: str, number: str, who: str, answer: str, why: str, refused_for: str) -> None:
    """Note who answered what about a version, and why that did nothing; the question is asked again.

    Args:
        who: as Airflow knows them; they may be nobody's login.
        why: the reason that they gave, blank if none.
        refused_for: what stood against it.
    """
    told = {"answered_by": who, "answer": answer, "why": why, "refused_for": refused_for}
    context.trail.record(context.workspace.settings.operator, ACTION, model=model_name, version=number, **told)
    print(f"refuse-answer {model_name}: an answer about version {number} did nothing, and is in the audit trail")
