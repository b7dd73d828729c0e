"""The root is a workspace like any other: the kernel knows none of its names, and loads nothing of it by chance."""

import ast
import configparser
import re
from pathlib import Path

import pytest

from conf.schema.workspace import ROOT, load
from models import policy
from pipeline.features import declarations, feature_files

KERNEL = ("conf/schema", "expectations", "features/engine", "jobs", "lake", "models", "pipeline")
FILES = sorted(path for room in KERNEL for path in (ROOT / room).rglob("*.py"))
OWN = load()
# what only this workspace calls so: its tables, and features that aren't called as the platform calls a fact
TABLES = {*OWN.contracts}
FACTS = {*policy.INPUTS}
FEATURES = {name for name in declarations.feature_set(OWN).names if len(name.split("_")) > 1} - FACTS


def texts(source: str) -> list[str]:
    """All texts in a file but docstrings, those within f-strings as well."""
    tree = ast.parse(source)
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


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_kernel_knows_no_table_or_feature_of_a_workspace(path):
    found = named(path.read_text(encoding="utf-8"))
    assert not found, f"{sorted(found)}: let conf/tables.yaml, the policy or a contract of the workspace name it"


@pytest.mark.parametrize(
    "source",
    ["read('bank__loan')", "A = f'silver_consent__grant {b}'", "B = ['income_cny_12m']", "C = 'ON bank__loan.x'"],
)
def test_a_name_of_this_workspace_is_noticed_wherever_it_is_written(source):
    assert named(source), "teach named() this way to write a name"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_workspace_is_asked_whether_it_is_the_root(path):
    compared = [
        part
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        for part in (node.left, *node.comparators)
    ]
    names = {getattr(part, "id", getattr(part, "attr", None)) for part in compared}
    assert "ROOT" not in names, "treat the project's own workspace like any other"


def test_features_of_the_root_are_loaded_as_any_other_workspaces_are():
    loaded = [feature_files.load(path) for path in feature_files.paths(ROOT)]
    assert {Path(module.__file__).parent for module in loaded} == {ROOT / "features"}, "the kernel is no feature"
    assert not [module.__name__ for module in loaded if module.__name__.startswith("features.")], (
        "load features by their file, not as modules of the kernel (pipeline/features/feature_files.py)"
    )


def test_the_import_contract_names_every_declaration():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    forbidden = config["importlinter:contract:declarations"]["forbidden_modules"].split()
    there = {f"features.{path.stem}" for path in feature_files.paths(ROOT)}
    assert {*forbidden} == there, "list each file of features/ in setup.cfg, contract declarations"
