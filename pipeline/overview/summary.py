"""What is in the lake and the registry, in figures."""

from collections import Counter, defaultdict
from typing import Any

from conf.schema.naming import parse
from lake import ledger, raw_access
from lake.erasure import DECISIONS
from lake.fingerprints import fingerprint
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.registry import tracking

_FIGURES = ("auc_in_time", "auc_oot", "ks_oot", "brier_oot", "coverage_oot", "pinball_gain_oot", "score_psi")


def facts(context: Context) -> dict[str, Any]:
    """Rows by layer and table, failing rows by reason, model versions, decisions, and what holds them up."""
    return {
        "rows": _rows(context),
        "quarantined": _quarantined(context),
        "models": _models(context),
        "decisions": _decisions(context),
        "held_up_by": withdrawals.obstacles(context),
    }


def hashes(context: Context) -> dict[str, str]:
    """A content hash by table."""
    return {table: fingerprint(context.lake, table) for table in context.lake.tables()}


def _rows(context: Context) -> dict[str, dict[str, int]]:
    layers = defaultdict(dict)
    for table in context.lake.tables():
        layers[parse(table).layer][table] = context.lake.count(table)
    return dict(layers)


def _quarantined(context: Context) -> dict[str, int]:
    """Failing rows by reason; a row that fails for two reasons counts under each."""
    reasons = Counter()
    for batch in ledger.entries(context.lake):
        reasons.update(batch.quarantined_by_reason)
    return dict(sorted(reasons.items()))


def _models(context: Context) -> dict[str, list[dict]]:
    client = tracking.connect(context.workspace.settings)
    return {
        name: [
            {
                "version": str(version.version),
                "aliases": list(version.aliases),
                "approval": version.tags.get("approval"),
                "metrics": {k: v for k, v in tracking.metrics_of(client, version).items() if k in _FIGURES},
            }
            for version in tracking.versions(client, name)
        ]
        for name in context.workspace.models
    }


def _decisions(context: Context) -> dict:
    if not context.lake.exists(DECISIONS):
        return {}
    rows = raw_access.tally(context.lake, DECISIONS, "decision", "limit_cny")
    return {row["decision"]: {"applications": row["count"], "limit_cny": str(row["sum"] or 0)} for row in rows}
