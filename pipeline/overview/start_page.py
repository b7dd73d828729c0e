"""`index.html` of the report pages, where everybody begins: how all stands, and where the other pages are."""

from dataclasses import replace
from pathlib import Path

from jinja2 import Environment

from conf.schema import html_pages
from conf.schema.clock import local
from conf.schema.column import Text
from lake import state
from models.policy import Decision
from pipeline import reports
from pipeline.context import Context
from pipeline.machine.roster import Roster, path_in
from pipeline.overview import alerts, present

_DAYS = 7  # of decisions, the latest ones
_OUTCOMES = {Decision.ADMIT: "准入", Decision.DECLINE: "拒绝", Decision.REFER: "转人工"}


def write(context: Context) -> Path:
    """Write the page, as all stands at the present; of a state that isn't there it says how to make one."""
    now = replace(context, as_of=context.present)
    overview = _overview(now) if state.is_there(now.workspace.settings.home) else None
    page = (
        _templates(now)
        .get_template("start.html.j2")
        .render(
            overview=overview, at=now.as_of, zone=now.zone, pages=reports.there(now.workspace), servers=_servers(now)
        )
    )
    return reports.write(now.workspace, reports.INDEX, page)


def renew(context: Context) -> None:
    """Write it anew where there are pages, after something was done that it may tell of."""
    if reports.there(context.workspace):
        write(context)


def _overview(context: Context) -> dict:
    sources = present.source_rows(context)
    decided = present.decisions(context)
    return {
        "sources": sources,
        "gold": present.gold_rows(context),
        "reasons": present.waiting(context),
        "models": present.model_rows(context),
        "days": dict([*decided.items()][:_DAYS]),
        "outcomes": _OUTCOMES,
        "decided": sum(count.total() for count in decided.values()),
        "alerts": alerts.of_all(context, sources),
        "out": alerts.OUT,
    }


def _servers(context: Context) -> dict[str, tuple[str | None, Text]]:
    """Address of each server that people look at, as far as it is known, and what it is."""
    settings = context.workspace.settings
    roster = Roster.open(path_in(settings.home))
    known = roster.facts if roster.alive() else {}
    stated = settings.mlflow_uri if (settings.mlflow_uri or "").startswith("http") else None
    return {
        "Airflow": (known.get("Airflow"), Text(en="schedules, and questions to reviewers", zh="任务调度与审批")),
        "MLflow": (stated or known.get("MLflow"), Text(en="trainings and versions", zh="训练与版本登记")),
    }


def _templates(context: Context) -> Environment:
    return html_pages.templates(
        "pipeline.overview",
        context.workspace.settings.languages,
        num=lambda value: f"{value:,}",
        minute=lambda moment: f"{local(moment, context.zone):%Y-%m-%d %H:%M}",
    )
