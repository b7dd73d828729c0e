"""The files of the code, and what a rule finds in them; each is parsed once, however many rules look at it."""

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from conf.schema.workspace import ROOT

ROOMS = ("conf", "dags", "expectations", "features", "jobs", "lake", "models", "pipeline", "sandbox")


def files(*rooms: str) -> list[Path]:
    """All files of code in some rooms."""
    return sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))


@cache
def parsed(source: str) -> ast.Module:
    """The syntax tree of a text, to be looked at and left as it is."""
    return ast.parse(source)


def findings(paths: Iterable[Path], rule: Callable[[str], object]) -> dict[str, object]:
    """What a rule finds in the text of each file in which it finds something, by its place in the project."""
    return {str(path.relative_to(ROOT)): what for path in paths if (what := rule(path.read_text(encoding="utf-8")))}
