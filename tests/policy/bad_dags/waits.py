"""Must fail: wait in a task, or by a schedule"""

import time

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

time.sleep(0.001)

with DAG("waits", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("docs", pool="docs")
