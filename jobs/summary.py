"""`fieldstone summary`: the contents of the lake and the model registry.

fieldstone summary
"""

from argparse import ArgumentParser

from jobs.command import printing
from jobs.command.parser import runs
from pipeline.context import Context
from pipeline.results.everybody import Summary

FOR = "everybody"


def declare(verb: ArgumentParser) -> None:
    """Its arguments."""
    runs(verb, run)


def run(context: Context, as_json: bool) -> Summary:
    """Print the summary; as JSON it also holds a content hash per table. The start page is written too."""
    from pipeline.overview import start_page, summary

    start_page.write(context)
    result = summary.counted(context, with_hashes=as_json)
    if not as_json:
        _print(context, result)
    return result


def _print(context: Context, counted: Summary) -> None:
    console = printing.console()
    table = printing.table("layer", "tables", "rows", title="The lake")
    for layer, tables in counted.rows.items():
        table.add_row(layer, str(len(tables)), f"{sum(tables.values()):,}")
    console.print(table)
    if counted.quarantined:
        console.print("Quarantined: " + ", ".join(f"{reason} {n:,}" for reason, n in counted.quarantined.items()))
    for obstacle in counted.obstacles:
        console.print(
            f"Train, decide and unmasking have to wait, because a withdrawal of consent may be unread: {obstacle}"
        )
    table = printing.table("model", "version", "alias", "approval", "figures", title="The models")
    for name, versions in counted.models.items():
        for version in versions:
            figures = ", ".join(f"{k} {v:.3f}" for k, v in sorted(version.metrics.items()))
            table.add_row(name, version.version, ", ".join(version.aliases), version.approval or "-", figures)
    console.print(table)
    policy, currency = context.workspace.policy, context.workspace.settings.currency
    sets_limits = policy is not None and policy.sets_limits
    for decision, sums in counted.decisions.items():
        limits = f", limits of {float(sums.limit_amount):,.0f} {currency}" if sets_limits else ""
        console.print(f"{decision}: {sums.applications:,} applications{limits}")
    pages = context.workspace.settings.home / "reports"
    console.print(f"SHAP reports: {pages / 'models'}")
    console.print(f"Data Docs: {pages / 'data_docs'}")
    console.print(f"All pages: {pages / 'index.html'}; `make up` serves them, with Airflow and MLflow")
