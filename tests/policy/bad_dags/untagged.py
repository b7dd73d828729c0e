"""Must fail: give it tags"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("untagged", doc_md=__doc__, tags=["farm"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("docs", pool="docs")
