"""The inputs of each job's last finished run, so that a job does nothing when they haven't changed."""

import json
from datetime import UTC, datetime
from typing import Any

from conf.schema import table_names
from lake.tables import Lake

TABLE = table_names.RUNS


def last(lake: Lake, job: str) -> str | None:
    """Fingerprint of the inputs of a job's last finished run."""
    runs = [record for record in lake.records(TABLE) if record["job"] == job]
    return max(runs, key=lambda record: record["finished_at"])["fingerprint"] if runs else None


def record(lake: Lake, job: str, fingerprint: str, as_of: datetime, **details: Any) -> None:
    """Record that a job finished with these inputs; called after the job's last write."""
    finished = {"job": job, "fingerprint": fingerprint, "as_of": as_of, "finished_at": datetime.now(UTC)}
    lake.append_records(TABLE, [finished | {"details": json.dumps(details, sort_keys=True)}])


def forget(lake: Lake, job: str) -> None:
    """Remove the record of a job, once it is of no more use."""
    lake.delete(TABLE, {"job": [job]})
