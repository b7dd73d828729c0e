"""Both engines take in the same: consents, and one source that needs them; `make nightly` goes on to decisions."""

import sys
from pathlib import Path

import pytest

from conf.schema.workspace import load
from tests.parity.engines import LAYERS, content, lakes_of, require_same

pytestmark = pytest.mark.spark
SOURCES = ("consent", "housing")
TABLES = (
    *(each.named(layer) for each in load().contracts.values() if each.source in SOURCES for layer in LAYERS),
    *("vault__identities", "audit__batches", "audit__quality"),
)


@pytest.fixture(scope="module")
def lakes(tmp_path_factory) -> dict[str, Path]:
    command = (sys.executable, "-m", "tests.parity.taken_in", *SOURCES)
    return lakes_of(tmp_path_factory.mktemp("parity"), *command, households=300)


@pytest.mark.parametrize("table", TABLES)
def test_both_engines_take_in_the_same_rows(lakes, table):
    require_same(lakes, table)


def test_some_rows_are_kept_and_some_wait(lakes):
    assert len(content(lakes["spark"] / "silver_housing__rural_house")) > 50
    assert len(content(lakes["spark"] / "quarantine_housing__rural_house")) > 0
