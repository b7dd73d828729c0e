"""The report on a partner: one self-contained HTML page; equal facts give equal bytes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from jinja2 import Environment

from conf.schema import html_pages
from conf.schema.clock import local
from conf.schema.contract import Contract
from conf.schema.inspection_rules import Inspection
from conf.schema.languages import SHOWN
from conf.schema.partner import Partner
from conf.schema.source import Source
from expectations import alerts as telling
from expectations import trends
from expectations.alerts import Severity
from expectations.score import DIMENSIONS, BatchScore

_VERDICTS = {
    "suspended": ("Suspended", "已暂停", "act"),
    Severity.ACT: ("Act: suspension proposed", "处置：建议暂停", "act"),
    Severity.WATCH: ("Watch", "关注", "watch"),
    None: ("In order", "正常", "good"),
}
_MOST_REASONS, _MOST_COLUMNS = 8, 8


class Received(Protocol):
    """The row counts of a batch, as ingest recorded them."""

    @property
    def rows_read(self) -> int: ...

    @property
    def rows_stored(self) -> int: ...

    @property
    def rows_not_authorised(self) -> int: ...

    @property
    def rows_quarantined(self) -> int: ...

    @property
    def rows_duplicate(self) -> int: ...


def render(
    source: Source,
    partner: Partner | None,
    contracts: Sequence[Contract],
    batches: Mapping[str, Sequence[BatchScore]],
    volumes: Mapping[str, Sequence[Received]],
    alerts: Sequence[Mapping[str, Any]],
    suspensions: Sequence[Mapping[str, Any]],
    concentration: Sequence[Any],
    rules: Inspection,
    as_of: datetime,
    zone: str,
    languages: Sequence[str] = SHOWN,
) -> str:
    """Render the page; it shows counts and shares, and no data of a person.

    Args:
        batches: scores by table, oldest first.
        volumes: the batches received, by table.
        alerts: recorded alerts, newest first, with `is_open`.
        suspensions: recorded suspensions, oldest first.
        concentration: what depends on the partner: `en`, `zh`, `resting`, `of` and `share`.
        as_of: moment of the inspection.
        zone: time zone in which days and times are shown.
        languages: languages of the workspace.
    """
    is_suspended = bool(suspensions) and suspensions[-1]["is_suspended"]
    latest = [scored[-1] for scored in batches.values() if scored]
    return (
        _templates(zone, languages)
        .get_template("partner.html.j2")
        .render(
            source=source,
            partner=partner,
            due=partner and telling.due_date(partner, rules),
            contracts=contracts,
            batches=batches,
            trends={table: trends.of_table(scored, rules) for table, scored in batches.items()},
            size=(trends.WIDTH, trends.HEIGHT, trends.MARGIN),
            volumes={table: _volume(scored) for table, scored in volumes.items()},
            reasons=_reasons(batches),
            moved=_moved(latest),
            opened=sorted((a for a in alerts if a["is_open"]), key=lambda a: a["severity"] != Severity.ACT),
            closed=[alert for alert in alerts if not alert["is_open"]],
            verdict=_VERDICTS["suspended" if is_suspended else _worst(alerts)],
            score=_mean(latest),
            suspensions=suspensions,
            concentration=concentration,
            rules=rules,
            dimensions=DIMENSIONS,
            as_of=as_of,
            zone=zone,
        )
    )


def _worst(alerts: Sequence[Mapping[str, Any]]) -> Severity | None:
    severities = {alert["severity"] for alert in alerts if alert["is_open"]}
    return next((each for each in (Severity.ACT, Severity.WATCH) if each in severities), None)


def _mean(latest: Sequence[BatchScore]) -> float | None:
    """Mean score of the tables' latest batches, weighted by their rows."""
    known = [(batch.score, batch.rows + batch.rejected_rows) for batch in latest if batch.score is not None]
    rows = sum(count for _, count in known)
    return sum(score * count for score, count in known) / rows if rows else None


def _volume(batches: Sequence[Received]) -> dict[str, int]:
    """Rows of a table's batches: how many were read, and how many of them had each outcome."""
    return {
        "batches": len(batches),
        "rows_read": sum(batch.rows_read for batch in batches),
        "rows_stored": sum(batch.rows_stored for batch in batches),
        "rows_not_authorised": sum(batch.rows_not_authorised for batch in batches),
        "rows_quarantined": sum(batch.rows_quarantined for batch in batches),
        "rows_duplicate": sum(batch.rows_duplicate for batch in batches),
    }


def _reasons(batches: Mapping[str, Sequence[BatchScore]]) -> list[tuple[str, int, float]]:
    """(reason code, rows, width of its bar from 0 to 1) over all batches, the most frequent first."""
    counts: Counter[str] = Counter()
    for batch in (batch for scored in batches.values() for batch in scored):
        counts.update(batch.reasons)
    most = max(counts.values(), default=1)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(reason, count, count / most) for reason, count in ordered[:_MOST_REASONS]]


def _moved(latest: Sequence[BatchScore]) -> list[tuple[str, str, float]]:
    """(table, column, stability index) of the latest batches, the largest index first."""
    moved = [(batch.source_table, name, value) for batch in latest for name, value in batch.psi.items()]
    return sorted(moved, key=lambda item: (-item[2], item[:2]))[:_MOST_COLUMNS]


def _templates(zone: str, languages: Sequence[str]) -> Environment:
    return html_pages.templates(
        "expectations",
        languages,
        pct=lambda value, digits=1: "–" if value is None else f"{value:.{digits}%}",
        num=lambda value, digits=0: "–" if value is None else f"{value:,.{digits}f}",
        day=lambda moment: f"{local(moment, zone):%Y-%m-%d}",
        minute=lambda moment: f"{local(moment, zone):%Y-%m-%d %H:%M}",
    )
