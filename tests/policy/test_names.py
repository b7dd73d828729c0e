"""Names say what a thing is, and one public name means one thing."""

import ast
import re
from collections import defaultdict

from tests.policy.sources import ROOMS, files, findings, parsed

# what happened to a thing, where its name has to say what it is
PARTICIPLES = {"told", "said", "found", "given", "held", "asked"}
# file → the name that holds one there all the same, and why
KEPT = {
    "conf/schema/errors.py": ("NotFound", "the term of HTTP for what isn't there"),
    "conf/schema/policy.py": ("loss_given_default", "the field's term (LGD), a key of every conf/policy.yaml there is"),
    "pipeline/ingest/api/listing_pages.py": (
        "asked",
        "a field of pages that lie sealed until their batch is stored",
    ),
    "lake/entry_details.py": ("found", "a detail of `accept state` and `audit accept` in every audit trail"),
}


def named(node: ast.AST) -> str:
    """What a node gives a name to: a variable, a field, an argument, a function or a class; empty for any other.

    A test has a sentence for a name, in which these words are verbs.
    """
    if isinstance(node, ast.Name):
        return node.id if isinstance(node.ctx, ast.Store) else ""
    if isinstance(node, ast.Attribute):
        return node.attr if isinstance(node.ctx, ast.Store) else ""
    if isinstance(node, ast.arg):
        return node.arg
    if isinstance(node, ast.alias):
        return node.asname or ""
    is_thing = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("test_")
    return node.name if is_thing else ""


def participles(source: str) -> list[str]:
    """Names of a text that say what was done with a thing, by themselves or as one of their words."""
    names = {named(node) for node in ast.walk(parsed(source))}
    return sorted(name for name in names if PARTICIPLES & words(name))


def words(name: str) -> set[str]:
    """Words that a name is made of, however they are joined."""
    return {*re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")}


def public_classes(source: str) -> list[str]:
    """Names of the classes that a text offers to others."""
    return [node.name for node in parsed(source).body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]


def test_a_name_says_what_a_thing_is():
    unclear = findings(files(*ROOMS, "examples", "notebooks", "docs/_site", "tests"), participles)
    assert unclear == {path: [name] for path, (name, _) in KEPT.items()}, (
        f"{unclear}: name each by what it is (a text, a sentence, a message, rows, alerts), not by what was done with "
        "it; only names that are stored, or terms of the field, may stay, each in KEPT with the reason"
    )


def test_a_public_class_has_a_name_of_its_own():
    places = defaultdict(list)
    for path, classes in findings(files(*ROOMS), public_classes).items():
        for name in classes:
            places[name].append(path)
    doubles = {name: paths for name, paths in places.items() if len(paths) > 1}
    assert not doubles, f"{doubles}: give each a name that says which it is, as docs/glossary.md has it"


def test_a_participle_is_noticed_wherever_it_is_a_name():
    source = (
        "class AsTold:\n    held: int\n\n\ndef test_it_is_told():\n    pass\n\n\n"
        "def _found_in(given, *, x=1):\n    was_said = given\n    foundation = x\n"
        "    return was_said.read(found=foundation)\n"
    )
    assert participles(source) == ["AsTold", "_found_in", "given", "held", "was_said"], (
        "look at variables, fields and arguments, and at each word of a name, but for sentences that name tests"
    )
