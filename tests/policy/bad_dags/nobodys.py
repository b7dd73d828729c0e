"""Must fail: name who answers for it"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("nobodys", doc_md=__doc__, tags=["fieldstone"], **DAG_DEFAULTS):
    job("docs", pool="docs")
