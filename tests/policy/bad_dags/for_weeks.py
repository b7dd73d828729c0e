"""Must fail: bound it in time"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("for_weeks", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("docs", pool="docs", hours=24 * 14)
