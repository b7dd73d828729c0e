"""Whoever breaks a policy is told how to mend it: each assert of a policy test has a message in words."""

import ast
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).parent.glob("*.py"))
FEWEST = 3  # words of a message


def silent(source: str) -> list[int]:
    """Lines of the asserts that say nothing, or next to nothing, when they fail."""
    tree = ast.parse(source)
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) and _words(named.get(getattr(node.msg, "id", ""), node.msg)) < FEWEST
    ]


def _words(message: ast.AST | None) -> int:
    """How many words a message has that are written in the test, whatever is put in between."""
    texts = [each.value for each in ast.walk(message) if isinstance(each, ast.Constant)] if message else []
    return sum(len(text.split()) for text in texts if isinstance(text, str))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_assert_of_a_policy_test_says_how_to_mend_it(path):
    lines = silent(path.read_text(encoding="utf-8"))
    assert not lines, f"say after the condition what to do when it fails, in lines {lines} of {path.name}"


@pytest.mark.parametrize(
    "source",
    [
        "assert a == b",
        "assert a == b, ''",
        "assert a == b, path",
        "assert a == b, f'{path}: {a}'",
        "def test():\n    for a in b:\n        assert a, 'wrong'",
        "SAID = 'bad'\nassert a, SAID",
    ],
)
def test_an_assert_that_says_nothing_is_noticed_however_it_is_written(source):
    assert silent(source), "teach silent() this way to say nothing"


@pytest.mark.parametrize("source", ["assert a, f'list {a} in conf/x.yaml'", "SAID = 'do it by job()'\nassert a, SAID"])
def test_an_assert_that_says_what_to_do_is_left_alone(source):
    assert not silent(source), "silent() has to let messages in words pass"
