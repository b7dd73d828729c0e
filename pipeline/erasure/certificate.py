"""The certificate of an erasure, as JSON and as a page: counts, steps and findings, and of persons a hash only."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import jinja2

from lake import state
from lake.audit import hashed
from pipeline import reports
from pipeline.consent import restored
from pipeline.context import Context
from pipeline.erasure.erasure_request import Request

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Certificate of erasure {{ c.reference }}</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:52rem;margin:3rem auto;padding:0 1rem;color:#1d2a22}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;padding:.3rem .8rem .3rem 0;
border-bottom:1px solid #dfe5e0}td.n{text-align:right}code{overflow-wrap:anywhere}
@media(max-width:52rem){table{display:block;overflow-x:auto}}</style>
<h1>Certificate of erasure <small>删除证明</small></h1>
<p>{{ c.reference }} ({{ c.about }}), asked for by {{ c.operator }} at {{ c.requested_at }}, finished at
{{ c.finished_at }}.</p>
{% for subject in c.subjects %}<p>Subject (SHA-256 of its key): <code>{{ subject }}</code></p>{% endfor %}
{% if c.restored_from %}<p>Done in a state that was restored at {{ c.restored_at }} from a backup of
{{ c.restored_from }}; {{ c.erased_anew }} of those concerned had been erased before the restore, and are erased
anew.</p>
{% endif %}<table><tr><th>table<th>rows<th>outcome</tr>
{% for t in c.tables %}<tr><td>{{ t.table }}<td class="n">{{ "{:,}".format(t.rows) }}<td>{{ t.outcome }}</tr>
{% endfor %}</table>
<p>Restricted rows are only stored, until a statutory term has run (PIPL art. 47): nothing reads them any more. Redacted
rows are of others: decisions that are kept by law and no longer say that they rested on a consent of the person, and
sealed rows that no longer name the person.</p>
{% if c.learnt %}<p>Model versions that had learnt from the person, and go on knowing what they learnt until they are
retired or trained anew: {% for name, n in c.learnt.items() %}{{ name }} ({{ n }}) {% endfor %}</p>{% endif %}
<table><tr><th>step<th>done at<th>counts</tr>
{% for s in c.steps %}<tr><td>{{ s.name }}<td>{{ s.at }}<td>
{% for k, v in s.counts.items() %}{{ k }} {{ "{:,}".format(v) }} {% endfor %}</tr>
{% endfor %}</table>
<p>The last step searched {{ "{:,}".format(c.searched.files) }} files
({{ "{:,}".format(c.searched.bytes) }} bytes), each once, for keys, identifiers
and numbers: {{ c.findings }} findings.</p>
<p>Searched: {{ c.searched.where }}. Not searched:</p>
<ul>{% for place in c.not_searched %}<li>{{ place }}</li>{% endfor %}</ul></html>
"""


def write(context: Context, request: Request) -> list[Path]:
    """Write the certificate of a request whose steps are done; returns the JSON and the page."""
    tables = [{"table": i.table, "rows": i.rows, "outcome": str(i.outcome)} for i in request.items]
    proved = request.done[-1].counts
    folders = sorted({search.folder for search in request.searches if search.values or search.words})
    stated = {
        "reference": request.reference,
        "about": request.about,
        "operator": request.operator,
        "requested_at": request.requested_at,
        "as_of": request.as_of,
        "finished_at": request.done[-1].at,
        "subjects": [hashed(subject) for subject in request.subjects],
        **restored.told(context.lake, request.persons),
        "tables": tables,
        "learnt": dict(request.learnt),
        "steps": [asdict(step) for step in request.done],
        "searched": {"where": _where(folders), "files": proved["files"], "bytes": proved["bytes"]},
        "not_searched": _not_searched(context, proved.get("unopened", 0)),
        "findings": proved["findings"],
    }
    name = f"erasure/{request.reference}-{datetime.fromisoformat(request.requested_at):%Y%m%dT%H%M%S}"
    record = json.dumps(stated, indent=2, ensure_ascii=False)
    page = jinja2.Environment(autoescape=True).from_string(_PAGE).render(c=stated)
    workspace = context.workspace
    return [reports.write(workspace, f"{name}.json", record), reports.write(workspace, f"{name}.html", page)]


def _where(folders: list[str]) -> str:
    return "the whole state folder" if "." in folders else f"of the state folder {', '.join(folders) or 'nothing'}"


def _backups(context: Context) -> int:
    known = state.read(context.workspace.settings.home)
    return len(known.backups) if known else 0


def _not_searched(context: Context, unopened: int) -> list[str]:
    """Where copies may lie that nothing here reaches, for whoever answers for them."""
    exports = sum(entry.action == "hand over" for entry in context.trail.entries())
    settings = context.workspace.settings
    registry = f"the registry at {settings.mlflow_uri}, which is kept elsewhere" if settings.mlflow_uri else None
    places = [
        "the landing zone: files as partners have delivered them, plain or packed",
        f"inside {unopened:,} packed files of the state folder that couldn't be unpacked" if unopened else None,
        f"exports: {exports} were handed over, as the audit trail tells, and are outside the state folder",
        f"backups of the landing zone, and of the state folder ({_backups(context):,} are known; a restore of one that "
        "is told of this asks to erase anew)",
        "partners and whoever they passed data to",
        "tables of the rows that are restricted or redacted, for the keys that stay there",
        "names of fewer than three characters, or than four Latin letters, since words are as short",
        registry,
    ]
    return [place for place in places if place]
