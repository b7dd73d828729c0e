"""Must fail: read the rest in the command that a task runs"""

from pathlib import Path

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

WAITING = Path(__file__).read_text(encoding="utf-8")

with DAG("reads_a_file", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("docs", pool="docs")
