"""A file that was called after a person: its name goes with her, and with the partner that sent it."""

import re

import pytest

from jobs import erase
from lake import erasure, file_names
from lake.vault import token_of
from pipeline.erasure import unlinked_rows
from pipeline.ingest import run as ingest
from tests.integration.holding import ANN, BEN, TRANSFER, key_of
from tests.integration.landing import as_csv, person, transfer
from tests.integration.scan import holding

DORA = person(9)


def taken_in(context, name: str) -> None:
    contract = context.workspace.contract(TRANSFER)
    path = context.workspace.settings.landing / "farm/land_transfer" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_csv([transfer(BEN, 7)]))
    ingest.ingest(context, context.workspace.source("farm"), contract)


def test_the_name_of_a_file_goes_with_the_person_whom_it_names(populated):
    taken_in(populated, f"{ANN}.csv")
    before = [*file_names.revealed(populated.vault).values()]
    assert f"farm/land_transfer/{ANN}.csv" in before
    erase.run(populated, key_of(populated, ANN), due=False, execute=True, operator="Olga")
    assert {*file_names.revealed(populated.vault).values()} == {name for name in before if ANN not in name}
    assert holding(populated.workspace.settings.home, [ANN]) == ()


@pytest.mark.further
def test_the_name_of_a_file_is_found_by_the_id_alone(populated):
    taken_in(populated, f"x_{DORA}.csv")
    key = token_of(DORA, populated.vault.secrets.pseudonym)
    (item,) = unlinked_rows.items(populated, key, [])
    assert (item.table, item.rows) == (file_names.NAMES, 1)


@pytest.mark.further
def test_the_names_of_a_partners_files_go_with_the_partner(populated):
    taken_in(populated, "a.csv")
    items = erasure.of_source(populated.lake, populated.workspace.tables_of("farm"), populated.as_of)
    assert sum(item.rows for item in items if item.table == file_names.NAMES)


def test_a_token_tells_neither_the_name_nor_what_the_file_really_ends_in(populated):
    token = file_names.token_of_file(f"{ANN}.{BEN}", ".csv", populated.vault.secrets.pseudonym)
    assert re.fullmatch(r"[0-9a-f]{16}\.csv", token)
    assert token != file_names.token_of_file(f"{ANN}.{BEN}", ".csv", b"another key")
