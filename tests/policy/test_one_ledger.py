"""The ledger is one place: batches are written by `lake.ledger` and read as `Batch`, never as records of a table."""

import ast
import re
from pathlib import Path

import pytest

from conf.schema import table_names

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("dags", "expectations", "features", "jobs", "lake", "models", "pipeline", "sandbox", "notebooks", "examples")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
NAME = next(name for name, value in vars(table_names).items() if value == "audit__batches")

# Who touches the table itself, and why it may.
TOUCHES = {
    "lake/batch.py": "tells when the last batch was received",
    "lake/ledger.py": "writes batches, their entry last",
    "lake/schema.py": "declares the table",
    "lake/tables.py": "reads batches",
    "pipeline/ingest/plain_names.py": "replaces names of files by tokens, where older versions stored them plain",
}


def touches(source: str) -> bool:
    """Whether a file names the table of the ledger."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr == NAME)
        or (isinstance(node, ast.ImportFrom) and NAME in {each.name for each in node.names})
        for node in ast.walk(ast.parse(source))
    )


def test_the_ledger_is_touched_only_by_those_who_are_listed_with_why():
    touching = {str(path.relative_to(ROOT)) for path in FILES if touches(path.read_text(encoding="utf-8"))}
    assert not touching - TOUCHES.keys(), "write with `ledger.batch` or `ledger.append`, and read with `lake.batches`"
    assert not TOUCHES.keys() - touching, "take out of TOUCHES what doesn't touch the ledger any more"


def test_whoever_writes_a_batch_holds_its_lock():
    making = re.compile(r"ledger\.LockedTable\(|from lake\.ledger import .*\bLockedTable\b")
    made = [str(path.relative_to(ROOT)) for path in FILES if making.search(path.read_text(encoding="utf-8"))]
    assert not made, "take what `ledger.batch` asks for from `ledger.locked`"


@pytest.mark.parametrize(
    "source",
    [
        "lake.append_records(table_names.BATCHES, [record])",
        "for record in lake.records(table_names.BATCHES): pass",
        "from conf.schema.table_names import BATCHES",
        "from conf.schema.table_names import KEYS, BATCHES as LEDGER",
    ],
)
def test_a_file_that_touches_the_ledger_is_noticed_however_it_is_written(source):
    assert touches(source), "teach touches() this way to name the table"
