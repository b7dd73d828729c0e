"""Must fail: give a fixed date or none"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG

from dags.common import DAG_DEFAULTS, job


def declared(name: str) -> None:
    """A DAG that begins the day before it is parsed, whenever that is."""
    began = {"start_date": None}
    with DAG(
        name,
        doc_md=__doc__,
        tags=["fieldstone"],
        default_args={"owner": "us"} | began,
        start_date=datetime.now(UTC) - timedelta(days=1),
        **DAG_DEFAULTS,
    ):
        job("docs", pool="docs")


declared("start_moves_in_a_function")
