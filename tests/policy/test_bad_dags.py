"""DAG files that must fail: each in `bad_dags/` breaks one rule, and is told how to mend that and nothing else.

Its first line says which part of the message it is to get; to add a file is to add a test.
"""

import ast
from pathlib import Path

import pytest

from tests.policy import dag_rules
from tests.policy.conftest import parse

FOLDER = Path(__file__).with_name("bad_dags")
FILES = sorted(FOLDER.glob("*.py"))


@pytest.fixture(scope="module")
def faults(tmp_path_factory) -> dict[str, list[str]]:
    parsed = parse(tmp_path_factory.mktemp("airflow"), FOLDER, FIELDSTONE_SANDBOX="")
    return dag_rules.faults(parsed, FOLDER)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_fails_with_the_message_that_names_the_mend(path, faults):
    message = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").removeprefix("Must fail: ")
    (fault,) = faults.get(path.name, ["nothing"])
    assert message in fault, f"teach dag_rules.py or parse_dags.py to say so of {path.name}"


def test_there_is_one_for_each_rule():
    assert len(FILES) >= 20, "add a file to bad_dags/ for each rule of dag_rules.py and parse_dags.py"
