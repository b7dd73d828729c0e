"""Rows in quarantine: looked at, corrected, excepted, dropped; in silver once, whatever dies in between."""

import json
import shutil

import pytest
from deltalake import DeltaTable

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from jobs import quarantine
from lake.batch import RELEASE
from lake.fingerprints import fingerprint
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.quarantine import dropping
from pipeline.quarantine.releasing import release
from pipeline.quarantine.row_choice import Selection
from pipeline.quarantine.waiting_rows import waiting
from tests.conftest import AS_OF, workspace_in
from tests.integration.landing import as_csv, contract_numbers, grant, person, transfer, write_jsonl

ANN, BEN, CAT = person(1), person(2), person(3)
TABLE = "farm__land_transfer"
BROKEN = ANN[:-1] + ("0" if ANN[-1] != "0" else "1")


@pytest.fixture(scope="module")
def delivered(tmp_path_factory, spark):
    """Ann and Ben have consented. Of twelve rows, one has no area, one ends before it starts, one a wrong ID number."""
    folder = tmp_path_factory.mktemp("delivered")
    workspace = workspace_in(folder)
    context = Context(workspace, AS_OF)
    write_jsonl(workspace.settings.landing / "consent/grant/a.jsonl", [grant(ANN, 1), grant(BEN, 2)])
    for job in (ingest, refine):
        job.run(context, "consent")
    rows = [transfer(ANN, n) for n in range(1, 10)]
    rows += [transfer(ANN, 10, area_mu="many"), transfer(BEN, 11, valid_to_date="2024-01-01"), transfer(BROKEN, 12)]
    path = workspace.settings.landing / "farm/land_transfer/a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(as_csv(rows))
    contract = workspace.contract(TABLE)
    ingest.ingest(context, workspace.source("farm"), contract)
    refine.refine_waiting(context, contract)
    return folder


@pytest.fixture
def quarantined(delivered, context, tmp_path):
    """A copy of it."""
    shutil.copytree(delivered, tmp_path, dirs_exist_ok=True)
    return context


@pytest.fixture
def corrections(tmp_path):
    """Writes corrections to a file."""

    def write(**values) -> str:
        path = tmp_path / "corrections.json"
        path.write_text(json.dumps(values))
        return str(path)

    return write


def _release(context, reason=None, waive=(), corrections=None):
    release(context, TABLE, Selection(reason), "Ruth", "the platform told us", list(waive), corrections)


def _silver(context):
    rows = context.lake.read(f"silver_{TABLE}", purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
    return [number[-2:] for number in contract_numbers(context, (row["contract_no"] for row in rows.collect()))]


def _waiting(context):
    rows = waiting(context, context.workspace.contract(TABLE), Selection())
    return sorted(reason for row in rows for reason in row.reasons)


def _versions(context):
    return context.lake.versions(context.lake.tables())


def test_list_counts_by_contract_batch_and_reason(quarantined, capsys):
    quarantine.list_rows(quarantined, None, Selection())
    output = capsys.readouterr().out
    assert all(output.count(reason) == 1 for reason in ("BAD_TYPE", "RULE_BROKEN", "INVALID_SUBJECT"))


def test_show_masks_identifiers_and_is_noted(quarantined, capsys):
    quarantine.show(quarantined, TABLE, Selection(), None, None)
    output = capsys.readouterr().out
    assert "area_mu=many" in output
    assert f"holder_id_no={BROKEN[0]}{'*' * 16}{BROKEN[-1]}" in output
    assert BROKEN not in output
    assert quarantined.trail.entries()[-1].action == "quarantine show"


def test_a_line_that_could_not_be_read_is_shown_by_its_shape(context, workspace, capsys):
    path = workspace.settings.landing / "farm/land_transfer/a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(as_csv([transfer(ANN)]) + f"{ANN},Ann Li,{BEN}\n")
    ingest.ingest(context, workspace.source("farm"), workspace.contract(TABLE))
    quarantine.show(context, TABLE, Selection("RAGGED_ROW"), None, None)
    assert f"{ANN[0]}{'*' * 16}{ANN[-1]},A*n **,{BEN[0]}{'*' * 16}{BEN[-1]}" in capsys.readouterr().out


def test_a_corrected_row_ends_in_silver_once(quarantined, corrections):
    sheet = corrections(area_mu="2.5")
    _release(quarantined, "BAD_TYPE", corrections=sheet)
    assert _silver(quarantined) == [f"{n:02d}" for n in range(1, 11)]
    assert _waiting(quarantined) == ["INVALID_SUBJECT", "RULE_BROKEN"]
    entry = next(e for e in quarantined.trail.entries() if e.action == "quarantine release")
    assert entry.actor == "Ruth"
    assert json.loads(entry.details)["why"] == "the platform told us"
    before = _versions(quarantined)
    _release(quarantined, "BAD_TYPE", corrections=sheet)
    assert _versions(quarantined) == before


@pytest.mark.further
def test_what_still_fails_stays(quarantined, corrections):
    before = _silver(quarantined)
    _release(quarantined)
    _release(quarantined, "BAD_TYPE", corrections=corrections(area_mu="a lot"))
    assert _silver(quarantined) == before
    assert len(_waiting(quarantined)) == 3


def test_a_waived_rule_lets_its_rows_pass_and_no_others(quarantined):
    rule = next(rule.name for rule in quarantined.workspace.contract(TABLE).rules if "valid_to_date" in rule.expr)
    _release(quarantined, waive=[rule])
    assert _silver(quarantined) == [*(f"{n:02d}" for n in range(1, 10)), "11"]
    assert _waiting(quarantined) == ["BAD_TYPE", "INVALID_SUBJECT"]


@pytest.mark.further
def test_what_can_not_be_read_can_not_be_waived(quarantined):
    with pytest.raises(FieldstoneError, match=r"area_mu\.type can't be waived; of farm__land_transfer can be: "):
        _release(quarantined, waive=["area_mu.type"])


def test_a_corrected_subject_goes_through_the_gate_and_the_vault(quarantined, corrections):
    _release(quarantined, "INVALID_SUBJECT", corrections=corrections(holder_id_no=CAT))
    assert "12" not in _silver(quarantined)
    _release(quarantined, "INVALID_SUBJECT", corrections=corrections(holder_id_no=BEN))
    assert _silver(quarantined)[-1] == "12"
    content = b"".join(p.read_bytes() for p in quarantined.workspace.settings.home.rglob("*") if p.is_file())
    assert BEN.encode() not in content


@pytest.mark.further
def test_corrections_of_columns_that_a_row_has_not_got_are_refused(quarantined, corrections):
    message = "corrections name 1 columns that rows in quarantine don't have; their columns are contract_no"
    with pytest.raises(FieldstoneError, match=message):
        _release(quarantined, "BAD_TYPE", corrections=corrections(holder_id_no=BEN))
    with pytest.raises(FieldstoneError, match=message) as refused:
        _release(quarantined, "BAD_TYPE", corrections=corrections(**{BEN: "area_mu"}))
    assert BEN not in str(refused.value)
    with pytest.raises(FieldstoneError, match="the corrections must be one JSON object"):
        _release(quarantined, "BAD_TYPE", corrections=corrections(area_mu="1", x={"area_mu": "2"}))


@pytest.mark.further
def test_corrections_may_be_given_by_row(quarantined, corrections):
    row = waiting(quarantined, quarantined.workspace.contract(TABLE), Selection("BAD_TYPE"))[0]
    _release(quarantined, corrections=corrections(**{row.row_hash[:12]: {"area_mu": "2.5"}}))
    assert _silver(quarantined)[-1] == "10"


def test_a_dropped_row_is_gone_and_noted(quarantined):
    dropping.drop(quarantined, TABLE, Selection("BAD_TYPE"), "Ruth", "the platform sends it again")
    assert _waiting(quarantined) == ["INVALID_SUBJECT", "RULE_BROKEN"]
    assert quarantined.lake.count(f"quarantine_{TABLE}") == 2
    entry = quarantined.trail.entries()[-1]
    assert (entry.actor, entry.action) == ("Ruth", "quarantine drop")
    before = _versions(quarantined)
    dropping.drop(quarantined, TABLE, Selection("BAD_TYPE"), "Ruth", "again")
    assert _versions(quarantined) == before


@pytest.mark.parametrize("died_before", ["the ledger entry", "the row left quarantine"])
def test_a_release_that_was_killed_ends_the_same_when_repeated(quarantined, corrections, died_before):
    lake, sheet = quarantined.lake, corrections(area_mu="2.5")
    _release(quarantined, "BAD_TYPE", corrections=sheet)
    tables = [f"{layer}_{TABLE}" for layer in ("bronze", "silver", "quarantine")]
    whole = {table: fingerprint(lake, table) for table in tables}
    DeltaTable(str(lake.path(tables[2]))).restore(lake.version(tables[2]) - 1)
    if died_before == "the ledger entry":
        released = lake.batches(TABLE, RELEASE)[0].batch_id
        DeltaTable(str(lake.path("audit__batches"))).delete(f"batch_id = '{released}'")
        sheet = corrections(area_mu="2.5", rent_cny_mu_year="400")
    _release(quarantined, "BAD_TYPE", corrections=sheet)
    assert {table: fingerprint(lake, table) for table in tables} == whole
    assert quarantined.trail.verify() == []
