"""Bronze to silver, one DAG per source, after its ingest has succeeded or failed; none waits for another.

Each batch is checked against its contract: good rows go to silver, bad rows to quarantine with a reason code. A batch
with too large a share of bad rows is set aside before silver and fails its task, once; later batches go on, and so do
features (`fieldstone batches list` shows batches that were set aside). Every batch is scored, including these.
"""

from airflow.sdk import DAG

from dags.common import BRONZE, DAG_DEFAULTS, GATED, SILVER, caught_up, go_on_without, job, scored

for name in GATED:
    with DAG(
        f"refine_{name}",
        doc_md=__doc__,
        schedule=caught_up("refine", [BRONZE[name]]),
        tags=["fieldstone", "refine", name],
        default_args={"owner": "data-engineering"},
        **DAG_DEFAULTS,
    ):
        refine = job("refine", name, pool=name, outlets=[SILVER[name]])
        refine >> scored()
        go_on_without(refine)
