"""One DAG per source of `conf/sources`: the partner's deliveries go to bronze.

A gating source (the consent register) is refined in the same DAG before the others start: no person's data may be
pulled before the consents are in silver. If it fails, the rows that arrived are still refined, because withdrawals
may be among them, and no data that need consent are ingested until it is complete. If another source fails, its run
fails, and the others are refined without it.
"""

from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, TriggerRule

from conf.schema.languages import SHOWN, plain
from conf.schema.source import Source
from dags.common import BRONZE, DAG_DEFAULTS, GATES, SANDBOX, SILVER, WORKSPACE, ZONE, go_on_without, job, scored


def schedule(source: Source) -> Any:
    """The schedule of a source: at its hour, and, if it is gated, whenever the consents are new."""
    cron = None if SANDBOX or not source.schedule else CronTriggerTimetable(source.schedule, timezone=ZONE)
    gates = [] if source.gates else [SILVER[name] for name in GATES]
    return AssetOrTimeSchedule(timetable=cron, assets=gates) if cron and gates else cron or gates or None


def describe(source: Source) -> str:
    """The page of a source's DAG: its tables, and the legal ground of each."""
    title = (
        f"### {source.title.en} · {source.title.zh}\n\n| table | title | grain | lawful basis |\n|---|---|---|---|\n"
    )
    return title + "\n".join(
        f"| `{c.table}` | {c.title.en} · {c.title.zh} | {plain(c.grain.en, c.grain.zh, SHOWN, ' · ')} "
        f"| {c.lawful_basis} |"
        for c in WORKSPACE.tables_of(source.name)
    )


def ingest(source: Source) -> None:
    """Declare the DAG of one source."""
    with DAG(
        f"ingest_{source.name}",
        doc_md=describe(source),
        schedule=schedule(source),
        tags=["fieldstone", "ingest", source.name],
        default_args={"owner": "data-engineering"},
        **DAG_DEFAULTS,
    ):
        landed = job("ingest", source.name, pool=source.name, outlets=[BRONZE[source.name]])
        if not source.gates:
            go_on_without(landed)
            return
        refined = job("refine", source.name, pool=source.name, outlets=[SILVER[source.name]])
        rest = f"refine_{source.name}_in_part"
        in_part = job("refine", source.name, pool=source.name, name=rest, trigger_rule=TriggerRule.ONE_FAILED)
        landed >> [refined, in_part] >> scored()


for each in WORKSPACE.sources.values():
    ingest(each)
