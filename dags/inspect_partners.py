"""Inspect the partners: agreement, assessments, and the quality of their batches.

Runs whenever batches have been scored, refused ones too, and every day, so that a source that is paused, fails or is
silent, and an agreement or an assessment that expires, are reported even if nothing is delivered. Each partner has a
page among the report pages, with its alerts; each alert is raised once. An alert that needs action proposes
a suspension, which two people decide: `fieldstone partner suspend SOURCE --approver NAME --approver NAME --why TEXT`.
"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, SANDBOX, SCORES, caught_up, job

with DAG(
    "inspect_partners",
    doc_md=__doc__,
    schedule=None if SANDBOX else caught_up("inspect", [SCORES]),
    tags=["fieldstone", "partners"],
    default_args={"owner": "vendor-risk"},
    **DAG_DEFAULTS,
):
    # in the pool of the report pages, because it also writes their index
    job("partner", "inspect", pool="docs")
