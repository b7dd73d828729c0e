"""Must fail: rename the file"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("named_like_a_package", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("docs", pool="docs")
