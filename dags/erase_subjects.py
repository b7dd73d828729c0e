"""Erase data that may no longer be kept: their consent was withdrawn or has expired, or their retention is over.

Runs every day, and whenever the consents are new. It waits for jobs that write, and an interrupted run is resumed
at its next step. Then it reports the share of each model's training whose consents have ended; a version that exceeds
the policy's limit is tagged `retrain: due`. Certificates are among the report pages. Erasure at a person's own request
is a command for people: `fieldstone erase --subject KEY --execute --operator NAME`.
"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, GATES, SANDBOX, SILVER, caught_up, job

with DAG(
    "erase_subjects",
    doc_md=__doc__,
    schedule=None if SANDBOX else caught_up("erase", [SILVER[name] for name in GATES]),
    tags=["fieldstone", "erasure"],
    default_args={"owner": "data-protection"},
    **DAG_DEFAULTS,
):
    # in the pool of the consents, so that these don't change while the ended ones are determined
    erase = job("erase", arguments=" --due --execute --operator airflow", pool=GATES[0])
    erase >> job("consent", "withdrawn", pool=GATES[0])
