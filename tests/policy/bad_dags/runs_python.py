"""Must fail: let it run a `fieldstone` command"""

from airflow.sdk import DAG, task

from dags.common import DAG_DEFAULTS

with DAG("runs_python", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):

    @task
    def counted() -> int:
        """Work that nobody can do by hand."""
        return 1

    counted()
