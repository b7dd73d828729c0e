"""The root is a workspace like any other: the kernel knows none of its names, and loads nothing of it by chance."""

import ast
import re
from pathlib import Path

import pytest

from conf.schema.workspace import ROOT, load
from models import policy
from pipeline.features import declarations, feature_files
from tests.policy.sources import files, findings, parsed

KERNEL = ("conf/schema", "expectations", "features/engine", "jobs", "lake", "models", "pipeline")
# what records and files of before call by a currency, and a workspace may call so today
EARLIER = ROOT / "conf/schema/earlier_names.py"
FILES = [path for path in files(*KERNEL) if path != EARLIER]
OWN = load()
# what only this workspace calls so: its tables, and features that aren't called as the platform calls a fact
TABLES = {*OWN.contracts}
FACTS = {*policy.INPUTS}
FEATURES = {name for name in declarations.feature_set(OWN).names if len(name.split("_")) > 1} - FACTS

# everything is called otherwise in it; what it then does is tried in tests/deliveries/test_other_names.py
OTHER = load(ROOT / "tests/deliveries/hof")
TRAPS = {"household_no", "expires_at"}  # called as the root's columns on purpose, and hold something else


def texts(source: str) -> list[str]:
    """All texts in a file but docstrings, those within f-strings as well."""
    tree = parsed(source)
    documented = [n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docs = {id(n.body[0].value) for n in documented if n.body and isinstance(n.body[0], ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


def named(source: str) -> set[str]:
    """Names of this workspace that a file writes."""
    words = {word for text in texts(source) for word in re.findall(r"\w+", text)}
    of_layers = {word.partition("_")[2] for word in words if word.startswith(("bronze_", "silver_", "quarantine_"))}
    return (words | of_layers) & (TABLES | FEATURES)


def test_the_kernel_knows_no_table_or_feature_of_a_workspace():
    known = findings(FILES, named)
    assert not known, f"{known}: let conf/tables.yaml, the policy or a contract of the workspace name it"


@pytest.mark.parametrize(
    "source",
    ["read('bank__loan')", "A = f'silver_consent__grant {b}'", "B = ['income_cny_12m']", "C = 'ON bank__loan.x'"],
)
def test_a_name_of_this_workspace_is_noticed_wherever_it_is_written(source):
    assert named(source), "teach named() this way to write a name"


# where the kernel may name a currency, and why
CURRENCIES = {
    "conf/schema/settings.py": "what counts where a workspace states none",
    "conf/schema/languages.py": "yuan are written by their sign in Chinese",
    "models/recourse_sentences.py": "yuan are written as a word in English",
    "pipeline/drafting/draft.py": "what is drafted for a file in Chinese or English, to be looked at",
}


def test_the_kernel_knows_no_currency():
    naming = findings(FILES, lambda source: {word for word in texts(source) if word in ("CNY", "USD", "EUR", "yuan")})
    others = naming.keys() - CURRENCIES.keys()
    assert not others, f"{sorted(others)}: take currency=, which is workspace.settings.currency, or list it with why"
    assert not CURRENCIES.keys() - naming.keys(), "take out of CURRENCIES what names no currency any more"


# what the kernel calls by a currency, and what it is
IN_CURRENCY = {
    "the word in units of contracts that stands for a workspace's currency": {"cny"},
}


def in_currency(source: str) -> set[str]:
    """Names of variables, fields, arguments and columns in a file, one word of which is a currency."""
    nodes = [*ast.walk(parsed(source))]
    names = {getattr(node, field, None) for node in nodes for field in ("id", "attr", "arg", "name")}
    columns = {word for text in texts(source) for word in re.findall(r"\w+", text)}
    return {name for name in names | columns if name and "cny" in name.split("_")}


def test_the_kernel_calls_nothing_new_by_a_currency():
    naming = findings(FILES, in_currency)
    known, written = set().union(*IN_CURRENCY.values()), set().union(*naming.values())
    others = {path: sorted(names - known) for path, names in naming.items() if names - known}
    assert not others, f"{others}: name it without; what the currency is, workspace.settings.currency says"
    assert known <= written, f"take out of IN_CURRENCY what is called so no more: {sorted(known - written)}"


def compared(source: str) -> set[str | None]:
    """Names that a text compares with something."""
    comparisons = [node for node in ast.walk(parsed(source)) if isinstance(node, ast.Compare)]
    parts = [part for node in comparisons for part in (node.left, *node.comparators)]
    return {getattr(part, "id", getattr(part, "attr", None)) for part in parts}


def test_no_workspace_is_asked_whether_it_is_the_root():
    asking = findings(FILES, lambda source: "ROOT" in compared(source))
    assert not asking, f"{[*asking]}: treat the project's own workspace like any other"


def test_features_of_the_root_are_loaded_as_any_other_workspaces_are():
    loaded = [feature_files.load(path) for path in feature_files.paths(ROOT)]
    assert {Path(module.__file__).parent for module in loaded} == {ROOT / "features"}, "the kernel is no feature"
    assert not [module.__name__ for module in loaded if module.__name__.startswith("features.")], (
        "load features by their file, not as modules of the kernel (pipeline/features/feature_files.py)"
    )


def test_a_workspace_that_shares_no_name_with_the_root_loads():
    shared = {*OWN.contracts} & {*OTHER.contracts}
    shared |= {*OWN.sources} & {*OTHER.sources}
    shared |= {*declarations.feature_set(OWN).names} & {*declarations.feature_set(OTHER).names}
    own, others = ({name for each in read.contracts.values() for name in each.columns} for read in (OWN, OTHER))
    shared |= own & others
    assert shared == TRAPS, f"{sorted(shared ^ TRAPS)}: call it otherwise in tests/deliveries/hof, or it proves nothing"
