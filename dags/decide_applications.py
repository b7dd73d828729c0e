"""Score the pending applications with the champions: decision, limit, reasons, and what they rest on.

Runs when there are new features or a new champion, so that a challenger under review never holds up decisions, and
daily, for what came while it was paused.
Until the first review of the models is done, nothing is decided. What decisions do while a source is suspended, fails,
is late or has never come is the policy's to say (`when_suspended`): a person decides, or they rest on its last data.
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
