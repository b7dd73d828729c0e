"""Inspect the partners: agreement, assessments, and what their batches were worth.

Runs whenever batches have been scored, refused ones too, and every month, so that an agreement or a yearly assessment
that comes to its end is told of in time, whether or not anything is sent. Each partner has a page among the report
pages, with its alerts; each alert is told once. One that calls for action proposes a suspension, which two people
decide: `fieldstone partner suspend SOURCE --approver NAME --approver NAME --why TEXT`.
"""

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable

from dags.common import DAG_DEFAULTS, SANDBOX, SCORES, ZONE, job

EVERY_MONTH = CronTriggerTimetable("0 7 1 * *", timezone=ZONE)

with DAG(
    "inspect_partners",
    doc_md=__doc__,
    schedule=None if SANDBOX else AssetOrTimeSchedule(timetable=EVERY_MONTH, assets=[SCORES]),
    tags=["fieldstone", "partners"],
    default_args={"owner": "vendor-risk"},
    **DAG_DEFAULTS,
):
    # in the pool of the report pages, whose index it writes too
    job("partner", "inspect", pool="docs")
