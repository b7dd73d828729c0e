"""Must fail: let it run a `fieldstone` command"""

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS

with DAG("runs_another_command", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    BashOperator(task_id="copy", bash_command="cp -r /landing /lake", pool="farm")
