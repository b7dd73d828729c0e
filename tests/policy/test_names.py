"""Names say what a thing is, and one public name means one thing."""

import ast
from collections import defaultdict

from tests.policy.sources import ROOMS, files, found, parsed

# what happened to a thing, where its name has to say what it is
PARTICIPLES = {"told", "said", "found", "given", "held"}
# file → why one is a name there all the same
STORED = {"lake/forms.py": "`found` is a detail of `accept state` and `audit accept` in every audit trail"}


def named(node: ast.AST) -> str:
    """What a node gives a name to: a variable, a field, an argument, a function or a class; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id if isinstance(node.ctx, ast.Store) else ""
    if isinstance(node, ast.Attribute):
        return node.attr if isinstance(node.ctx, ast.Store) else ""
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.alias):
        return node.asname or ""
    return node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""


def participles(source: str) -> list[str]:
    """Names of a text that say what was done with a thing."""
    names = {named(node) for node in ast.walk(parsed(source))}
    return sorted(name for name in names if name.strip("_").lower() in PARTICIPLES)


def public_classes(source: str) -> list[str]:
    """Names of the classes that a text offers to others."""
    return [node.name for node in parsed(source).body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]


def test_a_name_says_what_a_thing_is():
    unclear = found(files(*ROOMS, "examples", "notebooks", "docs/_site"), participles)
    assert unclear.keys() == STORED.keys(), (
        f"{unclear}: name each by what it is (a text, a sentence, a message, rows, alerts), not by what was done with "
        "it; only names that are stored may stay, each in STORED with the reason"
    )


def test_a_public_class_has_a_name_of_its_own():
    places = defaultdict(list)
    for path, classes in found(files(*ROOMS), public_classes).items():
        for name in classes:
            places[name].append(path)
    doubles = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert not doubles, f"{doubles}: give each a name that says which it is, as docs/glossary.md has it"


def test_a_participle_is_noticed_wherever_it_is_a_name():
    source = (
        "class Told:\n    held: int\n\n\ndef _found(given, *, x=1):\n    said = given\n    return said.read(found=x)\n"
    )
    assert participles(source) == ["Told", "_found", "given", "held", "said"], "look at variables, fields and arguments"
