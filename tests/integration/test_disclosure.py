"""Who may see what of a person: plain, masked or not at all; never unnoted, and never past the gate."""

import json
import shutil
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from jobs import cli, quarantine, subject
from lake import schema
from lake.audit import hashed
from lake.view import view
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.quarantine import waiting_rows
from tests.conftest import AS_OF
from tests.integration.holding import ANN, APPLICATION, TRANSFER, folder_context, key_of, restarted

USE = Purpose.CREDIT_ASSESSMENT
ANN_AT_THE_BANK = {
    "customer_no": "C0000000001",
    "id_no": ANN,
    "name": "安试样",
    "phone": "13800001234",
    "address": "试样村一号",
    "opened_date": date(2020, 1, 1),
}


def _arrive(context: Context, table: str, record: dict) -> None:
    """A delivery of one row, as Parquet."""
    contract = context.workspace.contract(table)
    types = schema.struct(**{name: schema.data_type(column) for name, column in contract.columns.items()})
    rows = context.lake.spark.createDataFrame([tuple(record.get(name) for name in contract.columns)], types)
    path = context.workspace.settings.landing / f"{table.replace('__', '/')}/a.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(rows.toArrow(), path)
    ingest.ingest(context, context.workspace.source(contract.source), contract)


@pytest.fixture(scope="module")
def known(filled, tmp_path_factory) -> Context:
    """Ann is a customer, with a name and a phone; a row of transactions has no valid ID number."""
    folder = tmp_path_factory.mktemp("known")
    shutil.copytree(filled, folder, dirs_exist_ok=True)
    context = folder_context(folder)
    _arrive(context, "bank__customer", ANN_AT_THE_BANK)
    _arrive(
        context, "bank__transaction", {"id_no": "none", "account_no": "6222020000000001"} | {"amount_cny": Decimal(5)}
    )
    return context


def _as(context: Context, operator: str, *roles: str) -> Context:
    """As somebody who holds roles."""
    members = context.workspace.roles.model_copy(update={"members": {operator: roles} if roles else {}})
    member = Context(replace(context.workspace, roles=members), context.as_of)
    return restarted(member, operator=operator)


def _details(context: Context) -> dict:
    return json.loads(context.trail.entries()[-1].details)


def test_whoever_holds_no_role_sees_a_person_masked(known, capsys):
    context = _as(known, "Otto")
    subject.show(context, key_of(known, ANN), USE, "called us", None)
    output = capsys.readouterr().out
    assert "bank__customer  id_no=5****************" in output
    assert "name=安**, phone=138****1234, address=*****" in output
    assert not any(ANN_AT_THE_BANK[name] in output for name in ("id_no", "name", "phone", "address"))
    assert context.trail.entries()[-1].actor == "Otto"
    assert _details(context) == {
        "role": "data_engineer",
        "purpose": "credit_assessment",
        "why": "called us",
        "in_the_clear": [],
        "rows": 2,
        "subjects": [hashed(key_of(known, ANN))],
    }


def test_whoever_may_sees_it_plain_and_the_trail_tells_so_without_values(known, capsys):
    context = _as(known, "Priya", "privacy_officer")
    subject.show(context, key_of(known, ANN), USE, "asked for a copy", "privacy_officer")
    output = capsys.readouterr().out
    assert f"id_no={ANN}, name=安试样, phone=13800001234" in output
    assert "2 records" in output
    assert _details(context)["in_the_clear"] == ["C2", "address", "name", "phone", "resident_id", "subject"]
    entry = str(context.trail.entries()[-1])
    assert not any(value in entry for value in (ANN, "13800001234", "安试样", key_of(known, ANN)))


def test_what_is_hidden_is_not_there(known, capsys):
    subject.show(_as(known, "Mo", "risk_modeler"), key_of(known, ANN), "model_training", "curious", None)
    output = capsys.readouterr().out
    assert "id_no" not in output
    assert "name" not in output


@pytest.mark.parametrize(
    ("operator", "roles", "claimed", "purpose", "says"),
    [
        ("Otto", (), "privacy_officer", USE, "Otto doesn't hold the role privacy_officer; holds data_engineer"),
        ("Mo", ("risk_modeler",), "auditor", USE, "Mo doesn't hold the role auditor; holds risk_modeler"),
        ("Mo", ("risk_modeler",), None, USE, "role risk_modeler may not look at persons' data for credit_assessment"),
    ],
)
def test_nobody_claims_a_role_or_purpose_that_the_declarations_do_not_give(
    known, capsys, operator, roles, claimed, purpose, says
):
    entries = len(known.trail.entries())
    with pytest.raises(FieldstoneError, match=says):
        subject.show(_as(known, operator, *roles), key_of(known, ANN), purpose, "curious", claimed)
    assert capsys.readouterr().out == ""
    assert len(known.trail.entries()) == entries


def test_a_look_that_can_not_be_noted_shows_nothing(populated, capsys):
    populated.trail.record("Olga", "look")
    shutil.rmtree(populated.lake.path("audit__trail"))
    populated.lake.path("audit__trail").write_text("no folder")
    with pytest.raises(OSError, match="Generic LocalFileSystem error"):
        subject.show(_as(populated, "Priya", "privacy_officer"), key_of(populated, ANN), USE, "asked", None)
    assert ANN not in capsys.readouterr().out


def test_the_command_shows_a_person_and_takes_the_number_from_standard_input(known, monkeypatch, capsys, tmp_path):
    settings = known.workspace.settings
    for name in ("home", "landing", "as_of"):
        monkeypatch.setenv(f"FIELDSTONE_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setattr(sys, "stdin", (tmp_path / "number").open("w+"))
    sys.stdin.write(ANN)
    sys.stdin.seek(0)
    command = ["subject", "show", "--subject", "-", "--purpose", USE, "--why", "called us"]
    assert cli.main(command) == 0
    assert "phone=138****1234" in capsys.readouterr().out
    assert cli.main([*command[:3], key_of(known, ANN), *command[4:], "--role", "privacy_officer"]) == 1
    assert "doesn't hold the role privacy_officer" in capsys.readouterr().err


@pytest.mark.further
def test_quarantine_is_shown_by_the_same_roles(known, capsys):
    with pytest.raises(FieldstoneError, match=r"sees C2, .* plain, but must give a reason: --why TEXT"):
        quarantine.show(_as(known, "Priya", "privacy_officer"), TRANSFER, waiting_rows.Selection(), None, None)
    assert capsys.readouterr().out == ""
    quarantine.show(_as(known, "Priya", "privacy_officer"), TRANSFER, waiting_rows.Selection(), None, why="a complaint")
    assert f"{ANN[0]}{'*' * 16}{ANN[-1]},t**n" in capsys.readouterr().out  # it might be a card's number
    quarantine.show(_as(known, "Mo", "risk_modeler"), TRANSFER, waiting_rows.Selection(), None, why="counting")
    output = capsys.readouterr().out
    assert "***" in output
    assert "area_mu=many" in output
    assert ANN not in output


@pytest.mark.further
def test_an_account_number_that_came_in_the_clear_is_an_identifier(known, capsys):
    for operator, role in (("Mo", "risk_modeler"), ("Priya", "privacy_officer")):
        quarantine.show(_as(known, operator, role), "bank__transaction", waiting_rows.Selection(), None, why="counting")
    output = capsys.readouterr().out
    assert output.count("account_no") == 1
    assert "account_no=622202******0001" in output
    assert output.count("amount_cny=5") == 2


def _view(context: Context, table: str = f"silver_{APPLICATION}", as_of=AS_OF, purpose=Purpose.POST_LOAN_MONITORING):
    return view(context.lake, table, purpose=purpose, as_of=as_of)


def test_a_view_masks_drops_or_shows_as_the_role_says(known):
    (masked,) = {row["requested_cny"] for row in _view(_as(known, "Otto")).collect()}
    assert masked == "***"
    assert {float(row["requested_cny"]) for row in _view(_as(known, "Mo", "risk_modeler")).collect()} == {20000.0}
    audited = _view(_as(known, "Ada", "auditor"))
    assert "requested_cny" not in audited.columns
    assert {row["term_months"] for row in audited.collect()} == {12}
    assert not [name for name in audited.columns if name.startswith("_")]


def test_a_view_shows_no_more_than_the_gate_lets_through(known):
    context = _as(known, "Mo", "risk_modeler")
    rows = known.lake.read(f"silver_{TRANSFER}", purpose=Purpose.MODEL_TRAINING, as_of=AS_OF)
    assert _view(context, f"silver_{TRANSFER}", purpose=Purpose.MODEL_TRAINING).count() == rows.count() > 0
    too_late = AS_OF.replace(year=2029)
    assert _view(context, f"silver_{TRANSFER}", too_late, Purpose.MODEL_TRAINING).count() == 0
    with pytest.raises(FieldstoneError, match="may not look at persons' data for credit_assessment; it may for model_"):
        _view(context, f"silver_{TRANSFER}", purpose=USE)


@pytest.mark.further
def test_gold_counts_as_the_higher_class_and_the_vault_is_no_view(known):
    gold = _view(_as(known, "Ada", "auditor"), "gold__decisions")
    assert set(gold.columns) == {"application_id", "subject_key", "as_of", "consent_ids"}
    with pytest.raises(FieldstoneError, match="vault__identities can't be viewed"):
        _view(_as(known, "Ada", "auditor"), "vault__identities")


def test_of_whom_consent_has_ended_only_what_rests_on_none_is_shown(known, capsys):
    context = Context(known.workspace, AS_OF.replace(year=2029))
    subject.show(context, key_of(known, ANN), USE, "called us", None)
    assert "bank__customer" in capsys.readouterr().out
