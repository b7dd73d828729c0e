"""`index.html` of the report pages, the start page: the present state, and links to all other pages."""

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

_DAYS = 7  # number of latest days whose decisions are shown
_OUTCOMES = {Decision.ADMIT: "准入", Decision.DECLINE: "拒绝", Decision.REFER: "转人工"}


def write(context: Context) -> Path:
    """Write the page with the present state; if there is no state folder, the page says how to make one."""
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
    """Write the page again, if there are report pages, after a command that may have changed its content."""
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
    """Server for people → its address, if known, and its description."""
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
