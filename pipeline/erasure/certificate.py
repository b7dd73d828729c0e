"""The certificate of an erasure, as JSON and as a page: counts, steps and findings, and of persons a hash only."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from conf.schema import pages
from lake import state
from lake.audit import hashed
from pipeline import reports
from pipeline.consent import restored
from pipeline.context import Context
from pipeline.erasure.erasure_request import Request


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
    workspace = context.workspace
    templates = pages.templates("pipeline.erasure", workspace.settings.languages)
    page = templates.get_template("certificate.html.j2").render(c=stated)
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
