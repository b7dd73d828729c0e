"""Who was erased, has withdrawn or is only stored may consent anew; nothing old comes back, and nothing breaks."""

from dataclasses import replace

import pytest

from jobs import erase
from lake import erasure, raw_access
from lake.vault import KEYS
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.holding import ANN, BEN, CAT, TRANSFER, folder_context, key_of, restarted, withdraw
from tests.integration.landing import as_csv, contract_numbers, grant, transfer, write_jsonl
from tests.integration.scan import holding
from tests.integration.test_erase import LATE


def _take_in(context: Context, table: str, name: str, records: list[dict]) -> dict | None:
    contract = context.workspace.contract(table)
    write_jsonl(context.workspace.settings.landing / table.replace("__", "/") / f"{name}.jsonl", records)
    record = ingest.ingest(context, context.workspace.source(contract.source), contract)
    refine.refine_waiting(context, contract)
    return record


def _transfers(context: Context, numbers: list[int], name: str) -> None:
    path = context.workspace.settings.landing / f"farm/land_transfer/{name}.csv"
    path.write_text(as_csv([transfer(ANN, number) for number in numbers]))
    contract = context.workspace.contract(TRANSFER)
    ingest.ingest(context, context.workspace.source("farm"), contract)
    refine.refine_waiting(context, contract)


def _anew(number: int) -> dict:
    at = {"granted_at": "2035-10-01T00:00:00Z", "published_at": "2035-10-01T01:00:00Z"}
    return grant(ANN, number, expires_at="2040-01-01T00:00:00Z", **at)


def test_who_was_erased_and_consents_anew_is_taken_in_under_a_new_key(populated):
    (before,) = populated.lake.records(KEYS, key_id=key_of(populated, ANN))
    late = folder_context(populated.workspace.settings.home.parent, LATE)
    late = replace(late, workspace=replace(late.workspace, partners={}))  # agreements have ended by then
    erase.run(late, key_of(late, ANN), due=False, execute=True, operator="Olga")
    assert _take_in(late, "consent__grant", "again", [_anew(8)]).rows_stored == 1
    _transfers(late, [301, 302], "again")
    (after,) = late.lake.records(KEYS, key_id=key_of(late, ANN))
    assert after["wrapped_key_ciphertext"] != before["wrapped_key_ciphertext"]
    hers = raw_access.values(late.lake, f"silver_{TRANSFER}", "contract_no", {"subject_key": [key_of(late, ANN)]})
    assert {"0301", "0302"} <= {number[-4:] for number in contract_numbers(late, hers)}
    assert raw_access.values(
        late.lake, "silver_consent__grant", "consent_no", {"subject_key": [key_of(late, ANN)]}
    ) == {"G0000000008"}
    erase.run(late, key_of(late, ANN), due=False, execute=True, operator="Olga")
    assert holding(late.workspace.settings.home, [ANN]) == ()
    assert key_of(late, ANN) not in raw_access.subjects(late.lake, f"silver_{TRANSFER}")


@pytest.mark.further
def test_who_has_withdrawn_and_was_erased_may_consent_again(populated):
    withdraw(populated, ANN, 1)
    erase.run(populated, None, due=True, execute=True, operator="airflow")
    assert key_of(populated, ANN) not in raw_access.subjects(populated.lake, f"silver_{TRANSFER}")
    at = {"granted_at": "2025-08-01T00:00:00Z", "published_at": "2025-08-01T01:00:00Z"}
    assert _take_in(populated, "consent__grant", "again", [grant(ANN, 7, **at)]).rows_stored == 1
    _transfers(populated, [401], "again")
    assert key_of(populated, ANN) in raw_access.subjects(populated.lake, f"silver_{TRANSFER}")
    assert erasure.due(populated.lake, AS_OF) == []


@pytest.mark.further
def test_who_is_restricted_and_consents_anew_breaks_nothing(populated):
    erase.run(populated, key_of(populated, ANN), due=False, execute=True, operator="Olga")
    assert _take_in(populated, "consent__grant", "again", [grant(ANN, 7), grant(CAT, 3)]).rows_stored == 1
    _transfers(populated, [501], "again")
    assert key_of(populated, ANN) not in raw_access.subjects(populated.lake, f"silver_{TRANSFER}")
    assert key_of(populated, BEN) in raw_access.subjects(populated.lake, f"silver_{TRANSFER}")
    erase.run(restarted(populated), key_of(populated, BEN), due=False, execute=True, operator="Olga")
    assert populated.trail.verify() == []
