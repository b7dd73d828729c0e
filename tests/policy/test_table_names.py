"""The name of a table is written once; whoever writes, reads, erases, ages or documents it takes it from there."""

import ast
import re
from pathlib import Path

import pytest

from conf.schema import gold, naming, table_names
from lake.schema import declared
from tests.policy.sources import ROOMS, files, findings, parsed

NAMES = {name: value for name, value in vars(table_names).items() if name.isupper() and isinstance(value, str)}
LITERAL = re.compile(r"(gold|vault|audit)__\w*")


def literals(source: str) -> list[str]:
    """Texts in a file that are names of such tables, or begin as one."""
    constants = (node.value for node in ast.walk(parsed(source)) if isinstance(node, ast.Constant))
    return [value for value in constants if isinstance(value, str) and LITERAL.fullmatch(value)]


def test_no_other_file_writes_the_name_of_a_table():
    others = [path for path in files(*ROOMS) if path != Path(table_names.__file__)]
    written = findings(others, literals)
    assert not written, f"take the name from {table_names.__name__}, and declare the table if it is new: {written}"


@pytest.mark.parametrize("source", ["read('gold__mine')", "read(f'audit__{kind}')", "A = 'vault__keys', 'x'"])
def test_a_name_is_noticed_wherever_it_is_written(source):
    assert literals(source), "teach literals() this way to write a name"


@pytest.mark.parametrize("table", NAMES.values())
def test_every_name_is_of_a_table_that_is_declared(table):
    name = naming.parse(table)
    assert name.source is None, f"{table} is of a source; its name follows from its contract"
    if name.layer == "gold":
        assert gold.declared(table).table == table, "declare the table in conf/schema/gold.py under its own name"
    else:
        columns, partition_by = declared(table, {})
        assert {*partition_by} <= {*columns.fieldNames()}, f"{table} is partitioned by what it hasn't"


def test_every_table_that_is_declared_has_a_name():
    assert {*gold.TABLES} == {table for table in NAMES.values() if naming.parse(table).layer == "gold"}, (
        "declare each table of gold in conf/schema/gold.py, with its gate"
    )
    assert len({*NAMES.values()}) == len(NAMES), "two names for one table"


@pytest.mark.parametrize("own", table_names.PLATFORM, ids=lambda each: each.table)
def test_what_an_erasure_and_a_seal_go_by_is_there(own):
    columns = {*declared(own.table, {})[0].fieldNames()}
    needed = {own.erased_by, *own.named_by, "source_table" if own.is_of_source else None} - {None}
    assert needed, f"say what {own.table} is for, or take it out of {table_names.__name__}"
    assert needed <= columns, f"{own.table} has {sorted(columns)}; correct it in {table_names.__name__}"
