"""All present alerts for the start page: in English and Chinese, without data of persons."""

from collections.abc import Iterator
from dataclasses import dataclass

from conf.schema.column import Text
from conf.schema.errors import FieldstoneError
from conf.schema.source import Source
from conf.schema.table_roles import TableRole
from expectations.alerts import Alert, Severity
from lake import stops
from pipeline.consent import alerts as consent_alerts
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.decisions import kill_switch
from pipeline.overview.present import SourceRow
from pipeline.partners import inspection
from pipeline.registry import registry_identity, withdrawn_share

OUT = {
    "suspended": "已暂停",
    "failed": "接入失败",
    "late": "逾期未到",
    "never came": "从未接入",
    "has left": "已退出",
}


@dataclass(frozen=True)
class OverviewAlert:
    """An alert on the start page.

    Attributes:
        about: a source, a model, or a part of the platform.
        is_grave: whether somebody has to act.
    """

    about: str
    text: Text
    is_grave: bool


def of_all(context: Context, sources: list[SourceRow]) -> list[OverviewAlert]:
    """All present alerts; those that require action come first.

    Args:
        sources: present state of the sources.
    """
    alerts = [*_platform(context), *_sources(sources), *_partners(context), *_models(context)]
    return sorted(alerts, key=lambda each: not each.is_grave)


def _platform(context: Context) -> Iterator[OverviewAlert]:
    try:
        entries = context.trail.require_whole()
    except FieldstoneError as error:
        yield OverviewAlert("audit trail", Text(en=str(error), zh="审计记录不完整，写入已停止"), True)
        return
    if by := kill_switch.stopped(entries):
        since = context.local_time(by.at)
        yield OverviewAlert(
            "decisions", Text(en=f"stopped since {since} by {by.actor}", zh=f"决策自{since}起由{by.actor}停止"), True
        )
    for obstacle in withdrawals.obstacles(context):
        text = Text(
            en=f"train, decide and unmasking wait: {obstacle}", zh="撤回通知尚未全部生效，训练、决策与查看均暂停"
        )
        yield OverviewAlert("withdrawals", text, True)


def _sources(sources: list[SourceRow]) -> Iterator[OverviewAlert]:
    for row in sources:
        if why := row.state.out:
            yield OverviewAlert(row.state.name, Text(en=why, zh=OUT.get(why, why)), why != "has left")
        if row.refused:
            en = f"{row.refused:,} batches or files stand refused (fieldstone batches list)"
            yield OverviewAlert(row.state.name, Text(en=en, zh=f"{row.refused:,} 个批次或文件被拒收，待处理"), True)


def _partners(context: Context) -> Iterator[OverviewAlert]:
    left = stops.closed(context.lake)
    if stops.EVERYTHING in left:
        return
    for source in context.workspace.sources.values():
        for alert in _standing(context, source) if source.name not in left else ():
            yield OverviewAlert(source.name, Text(en=alert.en, zh=alert.zh), alert.severity is Severity.ACT)


def _standing(context: Context, source: Source) -> list[Alert]:
    """The present alerts on a partner; those on consents even if no partner is inspected."""
    if context.workspace.inspection is None:
        return consent_alerts.of_source(context, source.name)
    return inspection.standing(context, source)


def _models(context: Context) -> Iterator[OverviewAlert]:
    if not context.workspace.playing(TableRole.CONSENT) or not registry_identity.is_there(context.workspace.settings):
        return
    for share in withdrawn_share.shares(context):
        if share.is_retraining_due and share.aliases:
            en = f"version {share.version}: {share.share:.1%} of whom it learnt from have withdrawn; train it again"
            zh = f"第 {share.version} 版：{share.share:.1%} 的训练主体已撤回授权，应重新训练"
            yield OverviewAlert(share.model, Text(en=en, zh=zh), True)
