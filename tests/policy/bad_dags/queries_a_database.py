"""Must fail: do that in the command that a task runs"""

import sqlite3

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("queries_a_database", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    for (table,) in sqlite3.connect(":memory:").execute("SELECT 'land'"):
        job("refine", table, pool=table)
