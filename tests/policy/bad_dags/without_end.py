"""Must fail: bound it in time"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, RETRIES

with DAG("without_end", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    BashOperator(task_id="docs", bash_command="fieldstone docs", pool="docs", **RETRIES)
