"""The certificate of an erasure, as JSON and as a page: counts, steps and findings, and of persons a hash only."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import jinja2

from conf.workspace import Workspace
from jobs import reports
from jobs.erasure_request import Request
from lake.audit import hashed

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Certificate of erasure {{ c.reference }}</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:52rem;margin:3rem auto;padding:0 1rem;color:#1d2a22}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;padding:.3rem .8rem .3rem 0;
border-bottom:1px solid #dfe5e0}td.n{text-align:right}code{overflow-wrap:anywhere}</style>
<h1>Certificate of erasure <small>删除证明</small></h1>
<p>{{ c.reference }} ({{ c.about }}), asked for by {{ c.operator }} at {{ c.requested_at }}, finished at
{{ c.finished_at }}.</p>
{% for subject in c.subjects %}<p>Subject (SHA-256 of its key): <code>{{ subject }}</code></p>{% endfor %}
<table><tr><th>table<th>rows<th>outcome</tr>
{% for t in c.tables %}<tr><td>{{ t.table }}<td class="n">{{ "{:,}".format(t.rows) }}<td>{{ t.outcome }}</tr>
{% endfor %}</table>
<p>Restricted rows are only stored, until a statutory term has run (PIPL art. 47): nothing reads them any more.</p>
<table><tr><th>step<th>done at<th>counts</tr>
{% for s in c.steps %}<tr><td>{{ s.name }}<td>{{ s.at }}<td>
{% for k, v in s.counts.items() %}{{ k }} {{ "{:,}".format(v) }} {% endfor %}</tr>
{% endfor %}</table>
<p>The last step searched every file for keys and identifiers: {{ c.findings }} findings. Names of fewer than three
characters were not searched for, since words are as short.</p></html>
"""


def write(workspace: Workspace, request: Request) -> Path:
    """Write the certificate of a request whose steps are done; returns the page."""
    tables = [{"table": i.table, "rows": i.rows, "outcome": str(i.outcome)} for i in request.items]
    stated = {
        "reference": request.reference,
        "about": request.about,
        "operator": request.operator,
        "requested_at": request.requested_at,
        "as_of": request.as_of,
        "finished_at": request.done[-1].at,
        "subjects": [hashed(subject) for subject in request.subjects],
        "tables": tables,
        "steps": [asdict(step) for step in request.done],
        "findings": request.done[-1].counts["findings"],
    }
    name = f"erasure/{request.reference}-{datetime.fromisoformat(request.requested_at):%Y%m%dT%H%M%S}"
    reports.write(workspace, f"{name}.json", json.dumps(stated, indent=2, ensure_ascii=False))
    page = jinja2.Environment(autoescape=True).from_string(_PAGE).render(c=stated)
    return reports.write(workspace, f"{name}.html", page)
