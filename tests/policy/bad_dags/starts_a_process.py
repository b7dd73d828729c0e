"""Must fail: start it in a task"""

import subprocess

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("starts_a_process", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("ingest", subprocess.check_output(["echo", "farm"], text=True).strip(), pool="farm")
