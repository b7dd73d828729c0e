"""Bronze to silver, one task per source, once every source has delivered or has failed to.

Each batch is checked against its contract: good rows go to silver, bad rows to quarantine with a reason code. A batch
with too large a share of bad rows is set aside before silver and fails its task, once; later batches and the other
sources go on, and so do features (`fieldstone batches list` shows what stands aside). Every batch is scored, that one
too.
"""

from airflow.sdk import DAG

from dags.common import BRONZE, DAG_DEFAULTS, GATED, SILVER, go_on_without, job, scored

with DAG(
    "refine",
    doc_md=__doc__,
    schedule=[BRONZE[name] for name in GATED],
    tags=["fieldstone", "refine"],
    default_args={"owner": "data-engineering"},
    **DAG_DEFAULTS,
):
    refines = [job("refine", name, pool=name, outlets=[SILVER[name]]) for name in GATED]
    refines >> scored()
    for each in refines:
        go_on_without(each)
