"""The folder of HTML pages that people read."""

from pathlib import Path

import jinja2

from conf.schema import naming
from conf.schema.workspace import Workspace

_TITLES = {
    "dictionary.html": ("Data dictionary", "数据字典"),
    "features.html": ("Feature catalogue", "特征目录"),
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Fieldstone</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:4rem auto;padding:0 1rem;color:#1d2a22}
h1{font-weight:650;letter-spacing:-.02em}li{margin:.5rem 0}a{color:#1f6b3f}
small{color:#6b776f;margin-left:.5rem}</style>
<h1>Fieldstone <small>田宅</small></h1><ul>
{% for path, title, chinese in pages %}<li><a href="{{ path }}">{{ title }}</a><small>{{ chinese }}</small></li>
{% endfor %}</ul></html>
"""


def folder(workspace: Workspace) -> Path:
    """Where the pages lie."""
    return workspace.settings.home / "reports"


def write(workspace: Workspace, name: str, page: str) -> Path:
    """Write one page."""
    path = folder(workspace) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path


def write_index(workspace: Workspace) -> Path:
    """Write `index.html`, which links whatever pages there are."""
    models = {
        naming.model_page(spec.name): (f"SHAP reports by version: {spec.title.en}", f"各版本报告：{spec.title.zh}")
        for spec in workspace.models.values()
    }
    docs = {
        f"data_docs/{s.name}/index.html": (f"Data Docs: {s.title.en}", s.title.zh) for s in workspace.sources.values()
    }
    partners = {
        f"partners/{s.name}.html": (f"Partner: {s.title.en}", f"合作方：{s.title.zh}")
        for s in workspace.sources.values()
    }
    pages = [
        (path, *titles)
        for path, titles in (_TITLES | docs | partners | models).items()
        if (folder(workspace) / path).exists()
    ]
    template = jinja2.Environment(autoescape=True).from_string(_PAGE)
    return write(workspace, "index.html", template.render(pages=pages))
