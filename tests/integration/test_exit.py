"""A partner leaves, or the service ends: nothing new, a hand-over, and nothing left but what the law keeps."""

import json
import stat

import pyarrow.parquet as pq
import pytest

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from jobs import exit
from lake import stops
from lake.erasure import RESTRICTED
from pipeline import refine
from pipeline.decisions.decide import DECISIONS
from pipeline.decisions.decide import run as decide
from pipeline.erasure import erasure_request, orderly_exit
from pipeline.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.holding import ANN, APPLICATION, BEN, TRANSFER, key_of, withdraw
from tests.integration.landing import as_csv, transfer
from tests.integration.scan import holding


def _leave(context, source="farm", export=None, approver=None, identifiers=False):
    why = "contract ended"
    exit.run(context, source, export and str(export), identifiers, approver, why, execute=True, operator="Olga")


def _read(context, table):
    return context.lake.read(table, purpose=Purpose.CREDIT_ASSESSMENT, as_of=AS_OF)


def _certificate(context) -> dict:
    (path,) = (context.workspace.settings.home / "reports/erasure").glob("*.json")
    return json.loads(path.read_text())


def test_without_execute_nothing_changes(populated, capsys):
    before = populated.lake.versions(populated.lake.tables())
    exit.run(populated, "farm", None, False, None, None, execute=False, operator=None)
    assert populated.lake.versions(populated.lake.tables()) == before
    assert f"bronze_{TRANSFER}" in capsys.readouterr().out


def test_it_is_said_who_and_why(populated):
    with pytest.raises(FieldstoneError, match="give --operator NAME and --why TEXT"):
        exit.run(populated, "farm", None, False, None, None, execute=True, operator="Olga")
    with pytest.raises(FieldstoneError, match="identifiers are only handed over with an export"):
        _leave(populated, approver="Ruth", identifiers=True)


@pytest.mark.parametrize("approver", [None, "Olga", " olga"])
def test_it_takes_two_to_hand_anything_over(populated, tmp_path, approver):
    with pytest.raises(
        FieldstoneError, match="Olga carries the hand-over out, and a different person has to approve it"
    ):
        _leave(populated, export=tmp_path / "out", approver=approver)
    assert not (tmp_path / "out").exists()
    assert stops.closed(populated.lake) == set()
    assert not list(populated.workspace.settings.home.glob("erasure/*"))


@pytest.mark.further
def test_what_is_there_already_is_not_written_over(populated, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/notes.txt").write_text("of somebody else")
    for folder, says in (
        (tmp_path / "out", "not empty; export to a new folder"),
        (populated.lake.path("silver_a__b"), "in the state folder"),
    ):
        with pytest.raises(FieldstoneError, match=says):
            _leave(populated, export=folder, approver="Ruth")
    assert stops.closed(populated.lake) == set()


def test_nobody_else_can_read_what_is_handed_over(populated, tmp_path):
    _leave(populated, "consent", export=tmp_path / "out", approver="Ruth", identifiers=True)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "out", *(tmp_path / "out").rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


@pytest.mark.parametrize("how", ["withdrawn", "restricted"])
def test_of_whom_it_may_not_be_nothing_is_handed_over(populated, tmp_path, how):
    """By now: Ann has withdrawn, or was erased and is stored for the law alone."""
    if how == "withdrawn":
        withdraw(populated, ANN, 1)
    else:
        populated.lake.append_records(RESTRICTED, [{"subject_key": key_of(populated, ANN), "restricted_at": AS_OF}])
    _leave(populated, stops.EVERYTHING, export=tmp_path / "out", approver="Ruth", identifiers=True)
    out = tmp_path / "out"
    transfers = pq.read_table(out / TRANSFER).to_pylist()
    assert {row["subject_key"] for row in transfers} == {key_of(populated, BEN)}
    if how == "restricted":
        assert holding(out, [ANN, key_of(populated, ANN)]) == ()
    else:
        assert ANN not in str([pq.read_table(path).to_pylist() for path in out.glob(f"{TRANSFER}*")])
    entry = next(entry for entry in populated.trail.entries() if entry.action == "hand over")
    assert json.loads(entry.details)["rows_left_behind"][TRANSFER] == 11


@pytest.mark.further
def test_an_exit_that_was_killed_after_its_hand_over_goes_on_without_another(populated, tmp_path, monkeypatch):
    monkeypatch.setattr(orderly_exit, "_close", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        _leave(populated, export=tmp_path / "out", approver="Ruth")
    monkeypatch.undo()
    _leave(populated, export=tmp_path / "out", approver="Ruth")
    done = [entry.action for entry in populated.trail.entries()][1:]
    assert done == ["hand over", "exit", "erase begin", "redact", "erase"]


def test_a_partner_that_has_left_is_gone_and_nothing_is_taken_from_it(populated, capsys):
    _leave(populated)
    lake, home = populated.lake, populated.workspace.settings.home
    for layer in ("bronze", "silver", "quarantine"):
        assert lake.count(f"{layer}_{TRANSFER}") == 0
        assert not list(lake.path(f"{layer}_{TRANSFER}").glob("_batch_id=*/*.parquet"))
    assert holding(lake.path(f"bronze_{TRANSFER}"), [key_of(populated, ANN)]) == ()
    assert _read(populated, f"silver_{APPLICATION}").count() == 2
    path = populated.workspace.settings.landing / "farm/land_transfer/b.csv"
    path.write_text(as_csv([transfer(ANN, 77)]))
    assert ingest.run(populated, "farm") == []
    assert "farm has left, so nothing is taken in any more" in capsys.readouterr().out
    refine.run(populated, "consent")
    assert _certificate(populated)["about"] == "exit farm"
    assert [entry.action for entry in populated.trail.entries()][1:] == ["exit", "erase begin", "redact", "erase"]
    assert populated.trail.verify() == []
    assert not list(home.glob("erasure/*"))


@pytest.mark.further
def test_own_records_within_their_term_are_stored_and_not_read(populated):
    _leave(populated, "bank")
    outcomes = {row["table"]: row["outcome"] for row in _certificate(populated)["tables"]}
    assert outcomes[f"silver_{APPLICATION}"] == "restricted"
    assert populated.lake.count(f"silver_{APPLICATION}") == 2
    assert _read(populated, f"silver_{APPLICATION}").count() == 0


def test_what_was_received_is_handed_over(populated, tmp_path):
    out = tmp_path / "out"
    _leave(populated, "consent", export=out, approver="Ruth", identifiers=True)
    rows = pq.read_table(out / "consent__grant").to_pylist()
    assert sorted(row["consent_no"] for row in rows) == ["G0000000001", "G0000000002"]
    assert ANN not in str(rows)
    assert ANN in str(pq.read_table(out / "consent__grant.identifiers").to_pylist())
    entry = next(entry for entry in populated.trail.entries() if entry.action == "hand over")
    assert json.loads(entry.details)["approved_by"] == "Ruth"


def test_identifiers_stay_sealed_unless_somebody_lets_them_go(populated, tmp_path):
    _leave(populated, "consent", export=tmp_path / "out", approver="Ruth")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["consent__grant"]


@pytest.mark.further
def test_the_end_of_the_service_leaves_what_the_law_keeps(populated):
    _leave(populated, stops.EVERYTHING)
    lake, home = populated.lake, populated.workspace.settings.home
    outcomes = {row["table"]: row["outcome"] for row in _certificate(populated)["tables"]}
    assert outcomes[DECISIONS] == "restricted"
    assert lake.count("vault__keys") == lake.count("gold__training_features") == lake.count(f"bronze_{TRANSFER}") == 0
    assert _read(populated, DECISIONS).count() == 0
    assert holding(home, [ANN]) == ()
    with pytest.raises(FieldstoneError, match="the service has ended, so nothing is decided any more"):
        decide(populated)


def test_an_exit_that_was_killed_goes_on(populated, tmp_path):
    request = orderly_exit.plan(populated, "farm", populated.workspace.tables_of("farm"), "Olga")
    erasure_request.keep(populated, request)
    populated.lake.delete(f"bronze_{TRANSFER}", {})
    _leave(populated)
    assert {row["table"]: row["rows"] for row in _certificate(populated)["tables"]}[f"bronze_{TRANSFER}"] == 20
    assert populated.lake.count(f"silver_{TRANSFER}") == 0
