"""The content of the lake and the registry, in figures."""

from collections import Counter, defaultdict

from conf.schema.naming import parse
from lake import ledger, raw_access
from lake.erasure import DECISIONS
from lake.fingerprints import fingerprint
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.results.everybody import DecisionsCounted, Summary, VersionCounted

_FIGURES = ("auc_in_time", "auc_oot", "ks_oot", "brier_oot", "coverage_oot", "pinball_gain_oot", "score_psi")


def counted(context: Context, with_hashes: bool) -> Summary:
    """Rows, failing rows, model versions, decisions, and obstacles to these; optionally a content hash per table."""
    return Summary(
        rows=_rows(context),
        quarantined=_quarantined(context),
        models=_models(context),
        decisions=_decisions(context),
        obstacles=tuple(withdrawals.obstacles(context)),
        hashes={table: fingerprint(context.lake, table) for table in context.lake.tables()} if with_hashes else {},
    )


def _rows(context: Context) -> dict[str, dict[str, int]]:
    layers = defaultdict(dict)
    for table in context.lake.tables():
        layers[parse(table).layer][table] = context.lake.count(table)
    return dict(layers)


def _quarantined(context: Context) -> dict[str, int]:
    reasons = Counter()
    for batch in ledger.entries(context.lake):
        reasons.update(batch.quarantined_by_reason)
    return dict(sorted(reasons.items()))


def _models(context: Context) -> dict[str, tuple[VersionCounted, ...]]:
    client = tracking.connect(context.workspace.settings)
    return {
        name: tuple(
            VersionCounted(
                version=str(version.version),
                aliases=tuple(version.aliases),
                approval=version.tags.get("approval"),
                metrics={k: v for k, v in tracking.metrics_of(client, version).items() if k in _FIGURES},
            )
            for version in tracking.versions(client, name)
        )
        for name in context.workspace.models
    }


def _decisions(context: Context) -> dict[str, DecisionsCounted]:
    if not context.lake.exists(DECISIONS):
        return {}
    rows = raw_access.tally(context.lake, DECISIONS, "decision", "limit_amount")
    return {row["decision"]: DecisionsCounted(row["count"], str(row["sum"] or 0)) for row in rows}
