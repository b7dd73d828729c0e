"""Pages of a model: the report of each version, which is never overwritten, and one that lists all versions."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import jinja2

from conf.schema.clock import local
from conf.schema.naming import model_page, short
from lake.audit import Entry
from pipeline import reports
from pipeline.context import Context
from pipeline.registry import tracking
from pipeline.registry.tracking import MlflowClient, ModelVersion
from pipeline.releases import approvals, prior_versions, version_page
from pipeline.trail import attribution, releases

_ACTS = {
    "train": ("trained", "训练"),
    releases.APPROVE: ("approved", "批准"),
    releases.REJECT: ("rejected", "否决"),
    releases.SEND_BACK: ("sent back", "退回"),
    releases.RETIRE: ("retired", "停用"),
}
_ENDED = {
    releases.RETIRE: ("retired", "已停用"),
    releases.REJECT: ("rejected", "已否决"),
    releases.SEND_BACK: ("sent back", "已退回"),
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{{ title.en }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:62rem;margin:4rem auto;padding:0 1rem;color:#1d2a22}
h1{font-weight:650;letter-spacing:-.02em}h1 small{white-space:normal}a{color:#1f6b3f}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.5rem .8rem .5rem 0;
border-top:1px solid #dde5df}
th:last-child,td:last-child{width:46%}small{color:#6b776f;margin-left:.4rem;white-space:nowrap}
td:first-child small{display:block;margin:0}.weaker{color:#b3261e;font-weight:650}ul{margin:0;padding:0;list-style:none}
.in-force td:nth-child(-n+2){font-weight:650}
@media(max-width:62rem){table{display:block;overflow-x:auto}}</style>
<h1>{{ title.en }}<small>{{ title.zh }}</small></h1><p><a href="../index.html">All pages</a><small>全部页面</small></p>
<table><tr><th>Version<small>版本</small><th>Status<small>状态</small><th>Gates<small>门槛</small>
<th>Who, when and why<small>何人、何时、为何</small></tr>
{% for row in rows %}<tr{% if row.is_in_force %} class="in-force"{% endif %}><td>
{%- if row.page %}<a href="{{ row.page }}">{{ row.version }}</a>{% else %}{{ row.version }}{% endif %}
{%- if row.fingerprint %} <small title="fingerprint 训练指纹">{{ row.fingerprint }}</small>{% endif %}
<td>{{ row.status[0] }}<small>{{ row.status[1] }}</small><td>{{ row.gates }}
{%- for gate in row.weaker %}<br><span class="weaker">WEAKER 放宽: {{ gate }}</span>{% endfor %}
<td><ul>{% for act in row.acts %}<li>{{ act }}</li>{% endfor %}</ul></tr>
{% endfor %}</table></html>
"""


@dataclass(frozen=True)
class Row:
    """A version as its model's page lists it.

    Attributes:
        page: where its report lies, as seen from that page; None if there is none.
        fingerprint: the beginning of that of its training, as its report and `compare` show it.
        weaker: figures whose gate lets through what that of a version before it didn't.
        acts: who did what to it, when and why, oldest first.
    """

    version: str
    page: str | None
    status: tuple[str, str]
    gates: str
    fingerprint: str
    weaker: list[str]
    acts: list[str]
    is_in_force: bool


def publish(context: Context, client: MlflowClient, model: str) -> None:
    """Write the reports of a model's versions that don't lie there as they were fitted, and the page that lists all.

    The latest version comes first.
    """
    entries, rows = context.trail.entries(), []
    for version in reversed(tracking.versions(client, model)):
        page = version_page.publish(context, client, entries, version)
        rows.append(row(context, entries, version, f"{model}/{page.name}" if page else None))
    template = jinja2.Environment(autoescape=True).from_string(_PAGE)
    title = context.workspace.model(model).title
    reports.write(context.workspace, model_page(model), template.render(title=title, rows=rows))


def row(context: Context, entries: list[Entry], version: ModelVersion, page: str | None = None) -> Row:
    """A version with its status and all that was done to it, as the trail says."""
    number = str(version.version)
    of_version = [e for e in entries if e.action in _ACTS and _is_of(e, version.name, number)]
    return Row(
        version=number,
        page=page,
        status=_status(entries, of_version, version),
        gates=version.tags.get("gates", ""),
        fingerprint=short(version.tags.get("fingerprint", "")),
        weaker=prior_versions.loosened(entries, version.name, number),
        acts=[_told(context, entries, entry) for entry in of_version],
        is_in_force=_is_in_force(entries, version.name, number),
    )


def _is_of(entry: Entry, model: str, number: str) -> bool:
    told = json.loads(entry.details)
    return (told.get("model"), told.get("version")) == (model, number)


def _status(entries: list[Entry], of_version: Iterable[Entry], version: ModelVersion) -> tuple[str, str]:
    done = [entry.action for entry in of_version]
    if ended := next((action for action in done if action in _ENDED), None):
        return _ENDED[ended]
    if _is_in_force(entries, version.name, str(version.version)):
        return "champion", "在用"
    if releases.is_standing(entries, version.name, str(version.version)):
        return "its approval doesn't count", "批准无效"
    if tracking.BACKDATED in version.tags:
        return "experiment", "实验"
    if version.tags.get("passed") != "true":
        return "failed its gates", "未过门槛"
    if tracking.CHALLENGER in version.aliases:
        return "challenger", "待批"
    return ("replaced", "已被取代") if releases.APPROVE in done else ("never approved", "未获批准")


def _is_in_force(entries: list[Entry], model: str, number: str) -> bool:
    entry = releases.standing(entries, model)
    if entry is None:
        return False
    return releases.is_standing(entries, model, number) and not approvals.why_not(entries, entry)


def _told(context: Context, entries: list[Entry], entry: Entry) -> str:
    en, zh = _ACTS[entry.action]
    why = json.loads(entry.details).get("why")
    by = attribution.who(entries, entry)
    at = f"{local(entry.at, context.zone):%Y-%m-%d %H:%M %z}"
    return f"{en} {zh} · {by} · {at}{f' · {why}' if why else ''}"
