"""The folder of HTML pages that people read."""

from pathlib import Path

from conf.schema import drafts, naming
from conf.schema.column import Text
from conf.schema.workspace import Workspace

INDEX = "index.html"


def folder(workspace: Workspace) -> Path:
    """Path of the folder with the pages."""
    return workspace.settings.home / "reports"


def write(workspace: Workspace, name: str, page: str | bytes) -> Path:
    """Write one page atomically."""
    path = folder(workspace) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    drafts.replace(path, page.encode() if isinstance(page, str) else page)
    return path


def there(workspace: Workspace) -> dict[str, Text]:
    """The written pages except the start page: path in the folder → title."""
    models = {
        naming.model_page(spec.name): Text(en=f"Reports by version: {spec.title.en}", zh=f"各版本报告：{spec.title.zh}")
        for spec in workspace.models.values()
    }
    partners = {
        f"partners/{each.name}.html": Text(en=f"Partner: {each.title.en}", zh=f"合作方：{each.title.zh}")
        for each in workspace.sources.values()
    }
    docs = {
        f"data_docs/{each.name}/index.html": Text(en=f"Data Docs: {each.title.en}", zh=f"数据质量报告：{each.title.zh}")
        for each in workspace.sources.values()
    }
    declared = {
        "dictionary.html": Text(en="Data dictionary", zh="数据字典"),
        "features.html": Text(en="Feature catalogue", zh="特征目录"),
    }
    labels = {naming.label_page(name): Text(en=f"Label: {name}", zh=f"标签：{name}") for name in workspace.labels}
    pages = models | partners | docs | labels | declared
    return {path: title for path, title in pages.items() if (folder(workspace) / path).exists()}
