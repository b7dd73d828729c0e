"""Both engines write the same tables, from landing zone to decisions."""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from conf.schema.workspace import load
from tests.parity.engines import FIELDSTONE, LAYERS, content, lakes_of, require_same

pytestmark = [pytest.mark.spark, pytest.mark.nightly]
TABLES = (
    *(contract.named(layer) for contract in load().contracts.values() for layer in LAYERS),
    *("gold__training_features", "gold__application_features", "gold__training_labels", "gold__training_members"),
    *("gold__decisions", "vault__identities", "audit__batches", "audit__quality"),
)


@pytest.fixture(scope="module")
def lakes(tmp_path_factory) -> dict[str, Path]:
    return lakes_of(tmp_path_factory.mktemp("parity"), FIELDSTONE, "run", households=300)


@pytest.mark.parametrize("table", TABLES)
def test_both_engines_write_the_same_table(lakes, table):
    require_same(lakes, table)


def test_the_county_has_rows_of_every_kind(lakes):
    assert len(content(lakes["spark"] / "quarantine_bank__transaction")) > 50
    assert len(content(lakes["spark"] / "gold__training_features")) > 50
    assert len(content(lakes["spark"] / "gold__decisions")) > 0


def test_both_engines_agree_on_statistics_kept_out_of_the_log(lakes):
    for engine, lake in lakes.items():
        for table in ("bronze_bank__transaction", "silver_bank__transaction"):
            actions = pa.table(DeltaTable(str(lake / table)).get_add_actions(flatten=True))
            assert actions.num_rows > 0
            assert not [name for name in actions.column_names if name.startswith(("min.", "max."))], (engine, table)
