"""A life after it: every command works on a lake that was erased from, left, rotated or tended by others' tools."""

import io
import secrets
import shutil

import pytest
from deltalake import DeltaTable

from jobs.cli import main
from pipeline import refine
from pipeline.decisions.decide import DECISIONS
from pipeline.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.holding import ANN, APPLICATION, APPLICATIONS, BEN, CAT, TRANSFER, application, key_of, restarted
from tests.integration.landing import as_csv, grant, transfer, write_jsonl

WHY, OF_BEN = ("--why", "test"), ("--subject", "-")


class Desk:
    """The command line on a lake."""

    def __init__(self, populated, monkeypatch) -> None:
        self.context, self.monkeypatch, settings = populated, monkeypatch, populated.workspace.settings
        self.setenv(HOME=settings.home, LANDING=settings.landing, AS_OF=AS_OF)

    def setenv(self, **settings) -> None:
        for name, value in settings.items():
            self.monkeypatch.setenv(f"FIELDSTONE_{name}", str(value))

    def run(self, *arguments: str, stdin: str = BEN) -> None:
        self.monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main([*arguments]) == 0, arguments

    def take_in(self) -> None:
        """Cat arrives, and a file with a torn line."""
        landing, context = self.context.workspace.settings.landing, restarted(self.context)
        write_jsonl(landing / "consent/grant/b.jsonl", [grant(CAT, 3)])
        (landing / "farm/land_transfer/b.csv").write_text(
            as_csv([transfer(CAT, n) for n in range(50, 59)]) + f"{CAT},torn\n"
        )
        write_jsonl(landing / "bank/application/b.jsonl", [application(CAT, "2025-06-01T00:00:00Z")])
        for name in ("consent__grant", TRANSFER, APPLICATION):
            contract = context.workspace.contract(name)
            ingest.ingest(context, context.workspace.source(contract.source), contract)
            refine.refine_waiting(context, contract)


def _erasure(desk: Desk) -> None:
    desk.run("erase", "--subject", key_of(desk.context, ANN), "--execute", "--operator", "Olga")


def _rotation(desk: Desk) -> None:
    desk.setenv(NEW_MASTER_KEY=(new := secrets.token_hex(32)))
    desk.run("vault", "rotate")
    desk.monkeypatch.delenv("FIELDSTONE_NEW_MASTER_KEY")
    desk.setenv(MASTER_KEY=new)


def _upkeep(desk: Desk) -> None:
    """What those who tend Delta tables do to any of them; rows that were deleted so leave texts as views."""
    for path in (desk.context.lake.path(name) for name in desk.context.lake.tables()):
        first = DeltaTable(path).schema().fields[0].name
        DeltaTable(path).optimize.compact()
        if not DeltaTable(path).metadata().partition_columns:
            DeltaTable(path).optimize.z_order([first])
        if first.endswith(("key", "id", "key_id")):
            DeltaTable(path).delete(f"{first} = 'nobody' OR {first} = '{key_of(desk.context, ANN)}'")
        DeltaTable(path).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
        DeltaTable(path).create_checkpoint()


def _exit(desk: Desk) -> None:
    desk.run("exit", "--source", "housing", "--execute", "--operator", "Olga", *WHY)


@pytest.mark.further
@pytest.mark.parametrize("event", [_erasure, _rotation, _upkeep, _exit], ids=lambda event: event.__name__[1:])
def test_every_command_works_afterwards(populated, monkeypatch, event):
    (populated.workspace.settings.home / "mlflow/mlflow.db").unlink()  # the fixture's is none
    shutil.rmtree(populated.lake.path(DECISIONS))
    desk = Desk(populated, monkeypatch)
    event(desk)
    desk.take_in()
    table = DeltaTable(populated.lake.path(f"silver_{APPLICATION}")).to_pyarrow_table()
    assert {APPLICATIONS[BEN], APPLICATIONS[CAT]} <= {*table["application_no"].to_pylist()}
    purpose = ("--purpose", "credit_assessment")
    desk.run("consent", "show", *OF_BEN)
    desk.run("consent", "check", *OF_BEN, "--scope", "farm.land_transfer", *purpose)
    desk.run("consent", "withdrawn")
    desk.run("subject", "show", *OF_BEN, *purpose, *WHY)
    table = ("--table", TRANSFER)
    desk.run("quarantine", "list")
    desk.run("quarantine", "show", *table, *WHY)
    desk.run("quarantine", "release", *table, "--who", "Olga", *WHY)
    desk.run("quarantine", "drop", *table, "--who", "Olga", *WHY)
    desk.run("partner", "inspect", "farm")
    for action in ("suspend", "resume"):
        desk.run("partner", action, "farm", "--approver", "Olga", "--approver", "Ruth", *WHY)
    for command in ("summary", "summary --json", "docs", "audit show", "audit verify", "batches list"):
        desk.run(*command.split())
    desk.run("erase", "--due", "--execute", "--operator", "airflow")
    desk.run("erase", *OF_BEN, "--execute", "--operator", "Olga")
    desk.run("exit", "--source", "farm", "--execute", "--operator", "Olga", *WHY)
    desk.run("audit", "verify")
