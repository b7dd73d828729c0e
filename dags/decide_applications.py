"""Score the pending applications with the champions: decision, limit, reasons, and their inputs.

Runs when there are new features or a new champion, so that a challenger under review never delays decisions, and
daily, for applications that arrived while it was paused.
Until the first review of the models is done, nothing is decided. While a source is suspended, fails, is late or has
never delivered, the policy (`when_suspended`) chooses: a person decides, or its last data are used.
"""

from airflow.sdk import DAG

from dags.common import APPLICATION_FEATURES, CHAMPIONS, DAG_DEFAULTS, DECISIONS, caught_up, job

with DAG(
    "decide_applications",
    doc_md=__doc__,
    schedule=caught_up("decide", APPLICATION_FEATURES | CHAMPIONS),
    tags=["fieldstone", "decisions"],
    default_args={"owner": "risk-modelling"},
    **DAG_DEFAULTS,
):
    job("decide", pool="decisions", outlets=[DECISIONS])
