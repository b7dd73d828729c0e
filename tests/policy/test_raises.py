"""Whoever calls a function reads under "Raises" which kinds of error come of it: of itself and its file's helpers."""

import ast
import re
from collections.abc import Iterator, Mapping

from conf.schema.errors import KINDS
from tests.policy.sources import files, findings, parsed

ROOMS = ("conf", "expectations", "features", "jobs", "lake", "models", "pipeline")
NAMES = {kind.__name__ for kind in KINDS}
SEVERAL = "FieldstoneError"  # for a function that can fail in more ways than a caller tells apart
ELSEWHERE = re.compile(r"errors as|raises what")  # where a docstring says that errors are another function's

Helpers = Mapping[str, ast.FunctionDef]


def unnamed(source: str) -> list[str]:
    """Functions that raise kinds of error which they don't name: public ones, and others with "Raises"."""
    tree = parsed(source)
    helpers = {each.name: each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name[0] == "_"}
    return [
        f"{function.name}: {', '.join(sorted(missing))}"
        for function in _called_by_others(tree, helpers)
        if (missing := _raised(function, helpers) - _named(function))
    ]


def _called_by_others(tree: ast.Module, helpers: Helpers) -> Iterator[ast.FunctionDef]:
    """Public functions of a file and of its public classes, and helpers that say what they raise."""
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) and node.name[0] != "_" else [node]
        yield from (each for each in inside if isinstance(each, ast.FunctionDef) and each.name[0] != "_")
    yield from (each for each in helpers.values() if "Raises:" in (ast.get_docstring(each) or ""))


def _raised(function: ast.AST, helpers: Helpers) -> set[str]:
    """Kinds of error that a function raises, and the helpers that it calls, but for what it catches itself."""
    kinds, rest = set(), {name: each for name, each in helpers.items() if each is not function}
    for node in _uncaught(function):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            kinds |= NAMES & {_name(node.exc.func)}
        elif isinstance(node, ast.Call) and _name(node.func) in rest:
            kinds |= _raised(rest[_name(node.func)], rest)
    return kinds


def _uncaught(node: ast.AST) -> Iterator[ast.AST]:
    """All that is in a node, but for what stands where errors are caught and for functions that it defines."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.Lambda) or (
            isinstance(node, ast.Try) and node.handlers and child in node.body
        ):
            continue
        yield child
        yield from _uncaught(child)


def _name(called: ast.expr) -> str:
    """What is called: a name, or a method of one's own."""
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id in ("self", "cls"):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _named(function: ast.FunctionDef) -> set[str]:
    text = ast.get_docstring(function) or ""
    raises = text.partition("Raises:")[2]
    return NAMES if SEVERAL in raises or ELSEWHERE.search(text) else {name for name in NAMES if name in raises}


def test_a_function_names_the_kinds_of_error_that_it_raises():
    lacking = findings(files(*ROOMS), unnamed)
    assert not lacking, f"name under Raises the kinds that these raise, themselves or by a helper: {lacking}"


def test_a_kind_that_is_not_named_is_noticed():
    source = 'def f():\n    """F.\n\n    Raises:\n        NotFound: always.\n    """\n    raise Conflict("no")\n'
    assert unnamed(source) == ["f: Conflict"], "read what functions raise again"


def test_a_kind_that_a_helper_of_the_same_file_raises_is_noticed():
    helper = '\n\ndef _h():\n    if 1:\n        raise Conflict("no")\n\n\ndef _g():\n    return _h()\n'
    assert unnamed(f'def f():\n    """F."""\n    return _g(){helper}') == ["f: Conflict"], (
        "follow the helpers of a file"
    )
    caught = 'def f():\n    """F."""\n    try:\n        return _g()\n    except Conflict:\n        return None'
    assert unnamed(caught + helper) == [], "leave out what a function catches"
