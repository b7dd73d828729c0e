"""Must fail: give a fixed date or none"""

from datetime import UTC, datetime

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

ARGS = {"owner": "us", "start_date": datetime.now(UTC)}

with DAG("start_moves", doc_md=__doc__, tags=["fieldstone"], default_args=ARGS, **DAG_DEFAULTS):
    job("docs", pool="docs")
