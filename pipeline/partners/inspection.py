"""The inspection of a partner: a page with its present value, and alerts that are raised once per cause.

An alert that requires action proposes a suspension; two people decide it.
"""

import logging
from datetime import datetime

from conf.schema import required, table_names
from conf.schema.contract import Contract, LawfulBasis
from conf.schema.errors import ContractError
from conf.schema.source import Source
from expectations import alerts, partner_page
from expectations.alerts import Alert, Code, Severity
from expectations.score import BatchScore
from lake import batch_scores, stops
from lake.batch import INGEST, RELEASE, Batch
from pipeline import reports
from pipeline.consent import alerts as consent_alerts
from pipeline.context import Context
from pipeline.partners import concentration
from pipeline.results.data_engineers import Inspected
from pipeline.sources import outages, scores

LOG = logging.getLogger(__name__)

# unreadable notices or consents and missing deliveries are no reason to stop receiving
_NO_REASON_TO_SUSPEND = {Code.UNCLEAR_WITHDRAWAL, Code.UNCLEAR_CONSENT, Code.NOT_TAKEN_IN}
_OUT = {"failed", "never came"}  # a late source has the alert `silent`, and a suspension is a decision of people


def inspect_all(context: Context, source_name: str | None) -> list[Inspected]:
    """Inspect one partner, or all of them.

    Raises:
        FieldstoneError: the workspace has no rules of inspection, or no such source.
    """
    if context.workspace.inspection is None:
        raise ContractError(
            "this workspace has no rules for inspecting partners; write them in its conf/inspection.yaml"
        )
    sources = [context.workspace.source(source_name)] if source_name else context.workspace.sources.values()
    left, inspected = stops.closed(context.lake), []
    for source in sources:
        if {source.name, stops.EVERYTHING} & left:
            inspected.append(Inspected(source.name))
            LOG.info(f"partner {source.name}: has left, so there is nothing to inspect", extra={"source": source.name})
        else:
            inspected.append(inspect(context, source))
    return inspected


def standing(context: Context, source: Source) -> list[Alert]:
    """The present alerts on one partner; they aren't recorded."""
    tables = context.workspace.tables_of(source.name)
    batches = {contract.table: scores.of_table(context, contract) for contract in tables}
    return _alerts(context, source, batches)[1]


def inspect(context: Context, source: Source) -> Inspected:
    """Raise the alerts on one partner, and write its page."""
    lake, tables = context.lake, context.workspace.tables_of(source.name)
    batches = {contract.table: scores.of_table(context, contract) for contract in tables}
    past, present = _alerts(context, source, batches)
    known = {alert.alert_id for alert in present}
    new = batch_scores.raise_alerts(lake, [alert.record(context.as_of) for alert in [*past, *present]])
    raised = [record | {"is_open": record["alert_id"] in known} for record in batch_scores.alerts(lake, source.name)]
    page = partner_page.render(
        source=source,
        partner=context.workspace.partners.get(source.name),
        contracts=tables,
        batches=batches,
        volumes={contract.table: _received(context, contract) for contract in tables},
        alerts=raised,
        suspensions=_suspensions(context, source.name),
        concentration=concentration.shares(context, source.name),
        rules=required.inspection(context.workspace),
        as_of=context.as_of,
        zone=context.zone,
        languages=context.workspace.settings.languages,
    )
    path = reports.write(context.workspace, f"partners/{source.name}.html", page)
    grave = [r for r in raised if r["severity"] == Severity.ACT and r["code"] not in _NO_REASON_TO_SUSPEND]
    must_act = any(record["is_open"] for record in grave)
    is_proposed = must_act and source.name not in stops.suspended(lake)
    _tell(source, new, is_proposed, str(path))
    return Inspected(source.name, len(new), is_proposed, str(path))


def _alerts(context: Context, source: Source, batches: dict[str, list[BatchScore]]) -> tuple[list[Alert], list[Alert]]:
    """Alerts on batches before the latest ones, and the present alerts."""
    rules, past, present = required.inspection(context.workspace), [], []
    for scored_batches in batches.values():
        for place, batch in enumerate(scored_batches):
            of_batch = alerts.of_batch(source.name, batch, scored_batches[:place], rules)
            (present if place == len(scored_batches) - 1 else past).extend(of_batch)
    partner, last = context.workspace.partners.get(source.name), _last_received(context, source)
    present += alerts.standing(
        source.name, partner, _is_personal(context, source), last, rules, context.as_of, context.zone
    )
    if (why := outages.out(context).get(source.name)) in _OUT:
        present.append(alerts.not_taken_in(source.name, why, outages.last_received(context, source), context.zone))
    present += consent_alerts.of_source(context, source.name)
    return past, present


def _is_personal(context: Context, source: Source) -> bool:
    tables = context.workspace.tables_of(source.name)
    return any(contract.lawful_basis is not LawfulBasis.PUBLIC_RECORD for contract in tables)


def _received(context: Context, contract: Contract) -> list[Batch]:
    """Received batches of a table, without releases from quarantine, whose rows had been received before."""
    released = {batch.batch_id for batch in context.lake.batches(contract.table, RELEASE)}
    return [batch for batch in context.lake.batches(contract.table, INGEST) if batch.batch_id not in released]


def _last_received(context: Context, source: Source) -> datetime | None:
    tables = context.workspace.tables_of(source.name)
    received = [batch.received_at for contract in tables for batch in _received(context, contract)]
    return max(received, default=None)


def _suspensions(context: Context, source_name: str) -> list[dict]:
    changes = context.lake.records(table_names.SUSPENSIONS, source=source_name)
    return sorted(changes, key=lambda change: change["at"])


def _tell(source: Source, new: list[dict], is_proposed: bool, page: str) -> None:
    for record in new:
        where = f" {record['source_table']} {record['batch_id']}" if record["batch_id"] else ""
        warning = f"partner {source.name}: {record['severity']}: {record['code']}{where}: {record['en']}"
        LOG.warning(warning, extra={"source": source.name, "severity": record["severity"], "code": record["code"]})
    proposal = f"; suspension proposed (fieldstone partner suspend {source.name})" if is_proposed else ""
    LOG.info(
        f"partner {source.name}: {len(new):,} new alerts{proposal}; {page}",
        extra={"source": source.name, "alerts": len(new)},
    )
