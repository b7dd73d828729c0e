"""`fieldstone summary`: what is in the lake and the registry, for a person or (`--json`) for a program."""

import json
from collections import Counter, defaultdict

from conf.schema.naming import parse
from jobs import printing
from lake import ledger, raw_access
from lake.erasure import DECISIONS
from lake.fingerprints import fingerprint
from pipeline.consent import withdrawals
from pipeline.context import Context
from pipeline.registry import tracking

_FIGURES = ("auc_in_time", "auc_oot", "ks_oot", "brier_oot", "coverage_oot", "pinball_gain_oot", "score_psi")


def run(context: Context, as_json: bool) -> None:
    """Print the summary; as JSON it also holds a content hash per table."""
    facts = {
        "rows": _rows(context),
        "quarantined": _quarantined(context),
        "models": _models(context),
        "decisions": _decisions(context),
        "held_up_by": withdrawals.obstacles(context),
    }
    if as_json:
        hashes = {table: fingerprint(context.lake, table) for table in context.lake.tables()}
        print(json.dumps(facts | {"hashes": hashes}, indent=2, sort_keys=True, default=str))
    else:
        _print(context, facts)


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


def _print(context: Context, facts: dict) -> None:
    console = printing.console()
    table = printing.table("layer", "tables", "rows", title="The lake")
    for layer, tables in facts["rows"].items():
        table.add_row(layer, str(len(tables)), f"{sum(tables.values()):,}")
    console.print(table)
    if facts["quarantined"]:
        console.print("Quarantined: " + ", ".join(f"{reason} {n:,}" for reason, n in facts["quarantined"].items()))
    for obstacle in facts["held_up_by"]:
        console.print(
            f"Train, decide and unmasking have to wait, for somebody may have withdrawn a consent: {obstacle}"
        )
    table = printing.table("model", "version", "alias", "approval", "figures", title="The models")
    for name, versions in facts["models"].items():
        for version in versions:
            figures = ", ".join(f"{k} {v:.3f}" for k, v in sorted(version["metrics"].items()))
            table.add_row(name, version["version"], ", ".join(version["aliases"]), version["approval"] or "-", figures)
    console.print(table)
    for decision, told in facts["decisions"].items():
        console.print(
            f"{decision}: {told['applications']:,} applications, limits of {float(told['limit_cny']):,.0f} CNY"
        )
    pages = context.workspace.settings.home / "reports"
    console.print(f"SHAP reports: {pages / 'models'}")
    console.print(f"Data Docs: {pages / 'data_docs'}")
    console.print(f"All pages: {pages / 'index.html'}; `make up` serves them, with Airflow and MLflow")
