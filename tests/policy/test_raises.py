"""Whoever calls a function reads under "Raises" which kinds of error it raises itself."""

import ast

from conf.schema.errors import KINDS
from tests.policy.sources import files, findings, parsed

ROOMS = ("conf", "expectations", "features", "jobs", "lake", "models", "pipeline")
NAMES = {kind.__name__ for kind in KINDS}
SEVERAL = "FieldstoneError"  # for a function that can fail in more ways than a caller tells apart


def unnamed(source: str) -> list[str]:
    """Functions with "Raises" in their docstring, and the kinds of error that they raise but don't name there."""
    functions = [node for node in ast.walk(parsed(source)) if isinstance(node, ast.FunctionDef)]
    return [
        f"{function.name}: {', '.join(sorted(missing))}"
        for function in functions
        if (missing := _raised(function) - _named(function))
    ]


def _raised(function: ast.FunctionDef) -> set[str]:
    called = [
        node.exc.func for node in ast.walk(function) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    ]
    return NAMES & {node.id for node in called if isinstance(node, ast.Name)}


def _named(function: ast.FunctionDef) -> set[str]:
    _, section, raises = (ast.get_docstring(function) or "").partition("Raises:")
    return {name for name in NAMES if name in raises or SEVERAL in raises} if section else NAMES


def test_a_function_names_the_kinds_of_error_that_it_raises():
    lacking = findings(files(*ROOMS), unnamed)
    assert not lacking, f"name under Raises the kinds that these raise: {lacking}"


def test_a_kind_that_is_not_named_is_noticed():
    source = 'def f():\n    """F.\n\n    Raises:\n        NotFound: always.\n    """\n    raise Conflict("no")\n'
    assert unnamed(source) == ["f: Conflict"], "read what functions raise again"
