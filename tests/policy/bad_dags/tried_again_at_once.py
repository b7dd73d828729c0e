"""Must fail: less and less often"""

from datetime import timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, RETRIES

with DAG("tried_again_at_once", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    defaults = RETRIES | {"retry_exponential_backoff": False}
    BashOperator(
        task_id="docs",
        bash_command="fieldstone docs",
        pool="docs",
        execution_timeout=timedelta(hours=2),
        **defaults,
    )
