"""Alerts on notices and consents that wait in quarantine, by batch, with the uses that they stop meanwhile."""

import logging
from collections import Counter
from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.table_roles import TableRole
from expectations.alerts import Alert, Code, Severity
from lake import batch_scores, sharing
from lake.schema import BATCH
from pipeline.consent import withdrawals
from pipeline.context import Context

LOG = logging.getLogger(__name__)


def of_source(context: Context, source: str) -> list[Alert]:
    """The present alerts on a source; they aren't recorded."""
    return [alert for contract in context.workspace.tables_of(source) for alert in _of_table(context, contract)]


def tell(context: Context, contract: Contract) -> None:
    """Raise the new alerts on a table, and log them."""
    if waiting := _of_table(context, contract):
        for record in batch_scores.raise_alerts(context.lake, [alert.record(context.as_of) for alert in waiting]):
            LOG.warning(f"refine {contract.table}: {record['severity']}: {record['en']}")


def _of_table(context: Context, contract: Contract) -> list[Alert]:
    of_role = _OF_ROLE.get(contract.role) if contract.role else None
    if of_role is None or not context.lake.exists(contract.named("quarantine")):
        return []
    return of_role(context, contract, context.lake.platform(contract.named("quarantine")))


def _of_notices(context: Context, withdrawal: Contract, quarantine: DataFrame) -> list[Alert]:
    grant = context.workspace.of_role(TableRole.CONSENT)
    lost = Counter(batch_id for batch_id, _ in withdrawals.of_nobody(context, grant, withdrawal))
    return [of_notices(withdrawal, batch_id, count, lost[batch_id]) for batch_id, count in sorted(_counted(quarantine))]


def _of_consents(context: Context, grant: Contract, quarantine: DataFrame) -> list[Alert]:
    """Alerts on granted consents that may end the sharing with the household, if any text allows sharing."""
    if not context.workspace.sharing_texts:
        return []
    if not (doubtful := _counted(sharing.doubtful(quarantine))):
        return []
    context.lake.create(grant.named("silver"))
    lost = dict(_counted(sharing.of_nobody(quarantine, withdrawals.grants(context, grant))))
    return [of_consents(grant, batch_id, count, lost.get(batch_id, 0)) for batch_id, count in sorted(doubtful)]


def of_notices(withdrawal: Contract, batch_id: str, count: int, lost: int) -> Alert:
    """The alert on waiting notices of withdrawal.

    Args:
        count: number of waiting notices.
        lost: number of those whose subject can't be found.
    """
    en = f"notices of withdrawal that wait in quarantine (batch {batch_id}): {count:,}; "
    en += "every consent that they may mean is stopped"
    zh = f"{count:,}条撤回通知（批次{batch_id}）在隔离区待处理，可能涉及的授权均已停用"
    if lost:
        en += f"; nobody can be found for {lost:,} of them, which holds up train, decide and unmasking: "
        en += withdrawals.by_hand(withdrawal)
        zh += f"；其中{lost:,}条无法对应到任何人，训练、审批和明文查看暂停，请人工处理"
    return _alert(Code.UNCLEAR_WITHDRAWAL, withdrawal, batch_id, bool(lost), en, zh)


def of_consents(grant: Contract, batch_id: str, count: int, lost: int) -> Alert:
    """The alert on waiting granted consents.

    Args:
        count: number of waiting consents.
        lost: number of those whose subject can't be found.
    """
    en = (
        f"consents given that wait in quarantine (batch {batch_id}): {count:,}; until somebody has released or dropped "
        "them, nothing is shared with the household of whomever they may be of "
        f"(fieldstone quarantine show --table {grant.table})"
    )
    zh = f"{count:,}条授权（批次{batch_id}）在隔离区待处理，在放行或丢弃之前，可能涉及的本人记录不再用于其家庭成员"
    if lost:
        en += f"; nothing tells whose {lost:,} of them are, so they end nobody's sharing: look at them first, and have "
        en += "whoever signed sign again"
        zh += f"；其中{lost:,}条无法对应到任何人，未停用任何共享，请先行处理并由本人重新签署"
    return _alert(Code.UNCLEAR_CONSENT, grant, batch_id, bool(lost), en, zh)


def _alert(code: Code, contract: Contract, batch_id: str, is_grave: bool, en: str, zh: str) -> Alert:
    severity = Severity.ACT if is_grave else Severity.WATCH
    cause = f"{contract.table} {batch_id} {is_grave}"
    return Alert(code, severity, contract.source, cause, en, zh, contract.table, batch_id)


def _counted(rows: DataFrame) -> list[tuple[str, int]]:
    """(batch, number of its rows)."""
    counts = rows.groupBy(BATCH).agg(F.count(F.lit(1)).alias("count")).collect()
    return [(row[BATCH], row["count"]) for row in counts]


_OF_ROLE: dict[TableRole, Callable[[Context, Contract, DataFrame], list[Alert]]] = {
    TableRole.WITHDRAWAL: _of_notices,
    TableRole.CONSENT: _of_consents,
}
