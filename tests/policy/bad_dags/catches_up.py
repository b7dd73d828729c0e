"""Must fail: catchup=False"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("catches_up", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, catchup=True):
    job("docs", pool="docs", hours=len(DAG_DEFAULTS))
