"""Must fail: import conf and Airflow only"""

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job

with DAG("imports_jobs", doc_md=__doc__, tags=["fieldstone"], default_args={"owner": "us"}, **DAG_DEFAULTS):
    job("docs", pool="docs")


def verb_names() -> list[str]:
    """Verbs, of a room upstairs."""
    from jobs.command.parser import verbs

    return [verb.name for verb in verbs()]
