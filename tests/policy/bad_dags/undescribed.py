"""Must fail: say what it does"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("undescribed", tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("docs", pool="docs")
