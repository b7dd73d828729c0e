"""Must fail: connect in the command that a task runs"""

import socket

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("connects", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    with socket.socket() as probe:
        probe.connect(("127.0.0.1", 9))
    job("docs", pool="docs")
