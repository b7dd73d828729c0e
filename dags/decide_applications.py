"""Score the pending applications with the champions: decision, limit, reasons, and what they rest on.

Runs when there are new features or new champions, so that a challenger under review never holds up decisions.
Until the first review of the models is done, nothing is decided.
"""

from typing import Any

from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException

from dags.common import APPLICATION_FEATURES, CHAMPIONS, DAG_DEFAULTS, DECISIONS, job


def skip_before_first_review(context: dict[str, Any]) -> None:
    """Decide nothing as long as no model has ever been put in force.

    Raises:
        AirflowSkipException: no model has been.
    """
    if not context["inlet_events"][CHAMPIONS]:
        raise AirflowSkipException("No model is in force yet: nothing is decided before the first review.")


with DAG(
    "decide_applications",
    doc_md=__doc__,
    schedule=APPLICATION_FEATURES | CHAMPIONS,
    tags=["fieldstone", "decisions"],
    default_args={"owner": "risk-modelling"},
    **DAG_DEFAULTS,
):
    job("decide", pool="decisions", inlets=[CHAMPIONS], outlets=[DECISIONS], pre_execute=skip_before_first_review)
