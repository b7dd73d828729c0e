"""Must fail: name the pool of what it writes"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("without_pool", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("docs", pool="default_pool")
