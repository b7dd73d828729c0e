"""Alerts on a partner: on its agreement and assessments, and on the batches that it sent."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from conf.schema.clock import day
from conf.schema.inspection_rules import Inspection
from conf.schema.partner import Partner, Verdict
from expectations.score import BatchScore

_CHANGED_SHOWN, _MOVED_SHOWN = 10, 4


class Severity(StrEnum):
    """Whether somebody has to act, or only to watch."""

    WATCH = "watch"
    ACT = "act"


class Code(StrEnum):
    """The kinds of alert."""

    NOT_ADMITTED = "not_admitted"
    AGREEMENT_NOT_BEGUN = "agreement_not_begun"
    AGREEMENT_ENDS = "agreement_ends"
    AGREEMENT_ENDED = "agreement_ended"
    INSPECTION_DUE = "inspection_due"
    INSPECTION_OVERDUE = "inspection_overdue"
    FINDING = "finding"
    SILENT = "silent"
    NOT_TAKEN_IN = "not_taken_in"
    REFUSED = "refused"
    LOW_SCORE = "low_score"
    FALLING_SCORE = "falling_score"
    RISING_FAILURES = "rising_failures"
    LATE = "late"
    SCHEMA_DRIFT = "schema_drift"
    DISTRIBUTION_DRIFT = "distribution_drift"
    UNCLEAR_WITHDRAWAL = "unclear_withdrawal"
    UNCLEAR_CONSENT = "unclear_consent"


@dataclass(frozen=True)
class Alert:
    """An alert, which is raised once for each cause.

    Attributes:
        cause: text that names the event; a second alert with the same cause isn't raised.
        table, batch_id: the batch that the alert is about; None if it is about the partner.
    """

    code: Code
    severity: Severity
    source: str
    cause: str
    en: str
    zh: str
    table: str | None = None
    batch_id: str | None = None

    @property
    def alert_id(self) -> str:
        """Identifier of 16 hex digits, the same whenever source, code, severity and cause are the same."""
        return hashlib.sha256("\n".join([self.source, self.code, self.severity, self.cause]).encode()).hexdigest()[:16]

    def record(self, raised_at: datetime) -> dict[str, Any]:
        """As it is stored."""
        document = {name: value for name, value in asdict(self).items() if name not in ("cause", "table")}
        return document | {"alert_id": self.alert_id, "source_table": self.table, "raised_at": raised_at}


def standing(
    source: str,
    partner: Partner | None,
    is_personal: bool,
    last: datetime | None,
    rules: Inspection,
    as_of: datetime,
    zone: str,
) -> list[Alert]:
    """Alerts on the present state of a partner, whatever its batches contain.

    Args:
        is_personal: whether a table of the source holds data of persons; the partner must then be assessed.
        last: when a new batch of the source was last received.
        zone: time zone in which days are counted.
    """
    if partner is None:
        en = f"has no admission record; it is due in conf/partners/{source}.yaml"
        alert = Alert(Code.NOT_ADMITTED, Severity.ACT, source, source, en, "无准入记录")
        return [alert] if is_personal else []
    today, received = day(as_of, zone), last and day(last, zone)
    return [
        *_agreement(partner, rules, today),
        *_assessment(partner, rules, today),
        *_silence(partner, received, today),
    ]


def not_taken_in(source: str, why: str, last: datetime | None, zone: str) -> Alert:
    """The alert on a source that could not be ingested; one per outage.

    Args:
        why: `failed` or `never came`.
        last: when data of the source was last ingested.
        zone: time zone in which days are counted.
    """
    since = f"{day(last, zone)}" if last else "never"
    en = f"{why}, last taken in: {since}; its log tells why (fieldstone ingest {source})"
    zh = f"{'未能接入' if why == 'failed' else '从未接入'}（上次接入：{since if last else '无'}），原因见任务日志"
    return Alert(Code.NOT_TAKEN_IN, Severity.ACT, source, f"{why} {since}", en, zh)


def of_batch(source: str, batch: BatchScore, earlier: Sequence[BatchScore], rules: Inspection) -> list[Alert]:
    """Alerts on a batch, compared with the earlier batches of its table."""
    taken = [other for other in earlier if not other.is_refused][-rules.reference_batches :]
    triggers = [*_scored(batch, taken, rules), *_failing(batch, taken, rules), *_drifted(batch, rules)]
    table, batch_id = batch.source_table, batch.batch_id
    return [
        Alert(code, severity, source, f"{table} {batch_id}", en, zh, table, batch_id)
        for code, severity, en, zh in triggers
    ]


def _agreement(partner: Partner, rules: Inspection, today: date) -> Iterator[Alert]:
    terms = partner.agreement
    if terms is None:
        return
    begin, end = terms.valid_from_date, terms.valid_to_date
    if today < begin:
        en, zh = f"agreement {terms.reference} begins on {begin} only", f"协议{terms.reference}自{begin}起生效"
        yield Alert(Code.AGREEMENT_NOT_BEGUN, Severity.ACT, partner.name, f"{begin}", en, zh)
    elif today > end:
        en, zh = (
            f"agreement {terms.reference} ended on {end}; nothing is pulled",
            f"协议{terms.reference}已于{end}到期，停止接入",
        )
        yield Alert(Code.AGREEMENT_ENDED, Severity.ACT, partner.name, f"{end}", en, zh)
    elif today >= end - timedelta(days=rules.warn_days):
        en, zh = f"agreement {terms.reference} ends on {end}", f"协议{terms.reference}将于{end}到期"
        yield Alert(Code.AGREEMENT_ENDS, Severity.WATCH, partner.name, f"{end}", en, zh)


def due_date(partner: Partner, rules: Inspection) -> date:
    """The day on which the next inspection is due: the agreed day, or the last one that the rules allow if earlier."""
    latest = partner.latest
    return min(latest.next_inspection_date, latest.assessed_date + timedelta(days=rules.every_days))


def _assessment(partner: Partner, rules: Inspection, today: date) -> Iterator[Alert]:
    due, latest = due_date(partner, rules), partner.latest
    if today > due:
        en, zh = f"inspection was due on {due}", f"检查已逾期（应于{due}前完成）"
        yield Alert(Code.INSPECTION_OVERDUE, Severity.ACT, partner.name, f"{due}", en, zh)
    elif today >= due - timedelta(days=rules.warn_days):
        en, zh = f"inspection is due on {due}", f"检查将于{due}到期"
        yield Alert(Code.INSPECTION_DUE, Severity.WATCH, partner.name, f"{due}", en, zh)
    for aspect, finding in latest.findings.items():
        if finding.verdict is not Verdict.PASSED:
            severity = Severity.ACT if finding.verdict is Verdict.FAILED else Severity.WATCH
            en, zh = f"{aspect} {finding.verdict}: {finding.en}", f"{_ASPECTS[aspect]}：{finding.zh}"
            yield Alert(Code.FINDING, severity, partner.name, f"{latest.reference} {aspect}", en, zh)


_ASPECTS = {"security": "安全", "quality": "质量", "capability": "能力"}


def _silence(partner: Partner, since: date | None, today: date) -> Iterator[Alert]:
    if since and partner.delivery and today - since > timedelta(days=partner.delivery.every_days):
        agreed = partner.delivery.every_days
        en, zh = f"nothing new since {since}; agreed every {agreed} days", f"自{since}起无新数据（约定每{agreed}天）"
        yield Alert(Code.SILENT, Severity.WATCH, partner.name, f"{since}", en, zh)


_AlertParts = tuple[Code, Severity, str, str]


def _scored(batch: BatchScore, taken: Sequence[BatchScore], rules: Inspection) -> Iterator[_AlertParts]:
    if batch.score is None:
        return
    if batch.score < rules.score.watch:
        severity = Severity.ACT if batch.score < rules.score.act else Severity.WATCH
        limit = rules.score.act if severity is Severity.ACT else rules.score.watch
        en, zh = f"quality score {batch.score:.1f} is below {limit:g}", f"质量分{batch.score:.1f}低于{limit:g}"
        yield Code.LOW_SCORE, severity, en, zh
    before = [other.score for other in taken if other.score is not None]
    if before and (fall := sum(before) / len(before) - batch.score) > rules.fall_points:
        en, zh = f"quality score fell by {fall:.1f} to {batch.score:.1f}", f"质量分下降{fall:.1f}至{batch.score:.1f}"
        yield Code.FALLING_SCORE, Severity.WATCH, en, zh


def _failing(batch: BatchScore, taken: Sequence[BatchScore], rules: Inspection) -> Iterator[_AlertParts]:
    share = batch.failure_share
    if batch.is_refused:
        en, zh = f"refused, {share:.1%} of its rows fail", f"拒收，{share:.1%}的行不合格"
        yield Code.REFUSED, Severity.ACT, en, zh
    if taken:
        before = sum(other.failure_share for other in taken) / len(taken)
        if share - before > rules.rise_share:
            en, zh = f"failing rows rose from {before:.1%} to {share:.1%}", f"不合格行由{before:.1%}升至{share:.1%}"
            yield Code.RISING_FAILURES, Severity.WATCH, en, zh
    if batch.timeliness is not None and batch.timeliness < 1 - rules.late_share:
        late = 1 - batch.timeliness
        yield Code.LATE, Severity.WATCH, f"{late:.1%} of its rows came late", f"{late:.1%}的行迟到"


def _drifted(batch: BatchScore, rules: Inspection) -> Iterator[_AlertParts]:
    if batch.changed_columns:
        en = _listed([name.replace("?", "names that may be values") for name in batch.changed_columns], _CHANGED_SHOWN)
        zh = _listed_zh([name.replace("?", "可能是数据值的列名") for name in batch.changed_columns], _CHANGED_SHOWN)
        yield Code.SCHEMA_DRIFT, Severity.WATCH, f"columns changed: {en}", f"列变化：{zh}"
    moved = {name: value for name, value in batch.psi.items() if value > rules.psi.watch}
    if moved:
        severity = Severity.ACT if max(moved.values()) > rules.psi.act else Severity.WATCH
        names = [f"{name} (PSI {value:.2f})" for name, value in moved.items()]
        en, zh = _listed(names, _MOVED_SHOWN), _listed_zh(names, _MOVED_SHOWN)
        yield Code.DISTRIBUTION_DRIFT, severity, f"distribution moved: {en}", f"分布偏移：{zh}"


def _listed(names: Sequence[str], most: int) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _listed_zh(names: Sequence[str], most: int) -> str:
    return "、".join(names[:most]) + (f"等{len(names)}列" if len(names) > most else "")
