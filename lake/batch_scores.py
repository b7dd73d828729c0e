"""Quality scores of batches and alerts about partners: aggregates only, never a person's row."""

from collections.abc import Collection
from typing import Any

from conf.schema import table_names
from lake.tables import Lake

SCORES, ALERTS = table_names.QUALITY, table_names.ALERTS


def record(lake: Lake, score: dict[str, Any]) -> None:
    """Record the score of a batch; it replaces one that an earlier or interrupted run recorded."""
    with lake.lock(SCORES, wait_seconds=600):
        lake.create(SCORES)
        lake.delete(SCORES, {name: [score[name]] for name in ("source_table", "batch_id")})
        lake.append_records(SCORES, [score])


def scores(lake: Lake, source_table: str) -> list[dict[str, Any]]:
    """Scores of a table's batches, oldest first."""
    return sorted(lake.records(SCORES, source_table=source_table), key=lambda r: (r["received_at"], r["batch_id"]))


def raise_alerts(lake: Lake, alerts: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """Record the alerts that haven't been raised before; returns them."""
    with lake.lock(ALERTS, wait_seconds=600):
        known = {record["alert_id"] for record in lake.records(ALERTS)}
        new = [alert for alert in alerts if alert["alert_id"] not in known]
        if new:
            lake.append_records(ALERTS, new)
    return new


def alerts(lake: Lake, source: str) -> list[dict[str, Any]]:
    """All alerts ever raised about a source, newest first."""
    return sorted(lake.records(ALERTS, source=source), key=lambda r: (r["raised_at"], r["alert_id"]), reverse=True)
