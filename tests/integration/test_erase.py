"""Erasure: a person is gone from every file, or only stored, whatever dies in between; and it is proved."""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta

import pytest
import watchfiles
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.table_names import TRAINING_SUBJECTS
from jobs import erase
from lake import erasure, raw_access
from lake.erasure import Outcome
from lake.fingerprints import fingerprint
from lake.log import WITHOUT_STATISTICS
from lake.schema import delta
from pipeline import refine
from pipeline.context import Context
from pipeline.decisions.decide import DECISIONS
from pipeline.erasure import erasure_request, erasure_steps, planning
from pipeline.erasure.erasure_steps import PROVE, steps
from pipeline.ingest import run as ingest
from tests.conftest import AS_OF
from tests.integration.holding import (
    ANN,
    APPLICATION,
    APPLICATIONS,
    BEN,
    CAT,
    TRANSFER,
    application,
    folder_context,
    key_of,
)
from tests.integration.landing import as_csv, grant, transfer, write_jsonl
from tests.integration.scan import holding

LATE = AS_OF + timedelta(days=3650)


def _erase(context, subject=ANN):
    erase.run(context, key_of(context, subject), due=False, execute=True, operator="Olga")


def _files(context) -> bytes:
    return b"\n".join(p.read_bytes() for p in context.workspace.settings.home.rglob("*") if p.is_file())


def _certificate(context) -> dict:
    (path,) = (context.workspace.settings.home / "reports/erasure").glob("*.json")
    return json.loads(path.read_text())


def _contents(context) -> dict[str, str]:
    """What is in the tables, without what tells when; ciphertext, which is random, doesn't count."""
    tables = [t for t in context.lake.tables() if t not in ("audit__trail", "audit__seals", "audit__batches")]
    return {table: fingerprint(context.lake, table) for table in tables}


def _copied(filled, folder) -> Context:
    shutil.copytree(filled, folder, dirs_exist_ok=True)
    return folder_context(folder)


@pytest.fixture(scope="module")
def erased(filled, tmp_path_factory) -> Context:
    """A lake from which Ann was erased, to be looked at by several tests and left as it is."""
    context = _copied(filled, tmp_path_factory.mktemp("erased"))
    _erase(context)
    return context


def test_without_execute_nothing_changes(populated, capsys):
    before = populated.lake.versions(populated.lake.tables())
    erase.run(populated, key_of(populated, ANN), due=False, execute=False, operator=None)
    assert populated.lake.versions(populated.lake.tables()) == before
    output = capsys.readouterr().out
    assert f"silver_{TRANSFER}" in output
    assert "restricted" in output
    assert key_of(populated, ANN) not in output


def test_somebody_has_to_carry_it_out(populated):
    with pytest.raises(FieldstoneError, match="records who carries it out; give --operator NAME"):
        erase.run(populated, key_of(populated, ANN), due=False, execute=True, operator=None)


def test_nothing_of_a_person_is_left_once_every_term_is_over(populated):
    context = folder_context(populated.workspace.settings.home.parent, LATE)
    _erase(context)
    home = context.workspace.settings.home
    assert holding(home, [ANN, ANN.lower(), key_of(context, ANN), APPLICATIONS[ANN]]) == ()
    assert not context.vault.lake.platform("vault__keys").where(f"key_id = '{key_of(context, ANN)}'").count()
    assert holding(home / "lake", [key_of(context, BEN)]) != ()
    assert {row["outcome"] for row in _certificate(context)["tables"]} == {"erased"}


def test_what_the_law_keeps_is_stored_and_never_read(erased):
    lake, key = erased.lake, key_of(erased, ANN)
    outcomes = {row["table"]: row["outcome"] for row in _certificate(erased)["tables"]}
    assert outcomes[f"silver_{APPLICATION}"] == outcomes[DECISIONS] == Outcome.RESTRICTED
    assert outcomes[f"silver_{TRANSFER}"] == outcomes["vault__keys"] == Outcome.ERASED
    for table in (f"silver_{APPLICATION}", f"bronze_{APPLICATION}", DECISIONS, "silver_consent__grant"):
        rows = lake.read(table, purpose=Purpose.CREDIT_ASSESSMENT, as_of=AS_OF).select("subject_key").collect()
        assert {row["subject_key"] for row in rows} == {key_of(erased, BEN)}
    assert key not in {row["subject_key"] for row in lake.consenting(Purpose.MODEL_TRAINING, AS_OF).collect()}
    assert holding(erased.workspace.settings.home, [ANN]) == ()


@pytest.mark.further
def test_a_number_that_the_vault_does_not_know_is_searched_for_where_it_was_given(populated, monkeypatch, capsys):
    """A row that was turned away names Cat, of whom the lake has nothing else, beside Ann."""
    path = populated.workspace.settings.landing / "farm/land_transfer/torn.csv"
    path.write_text(as_csv([transfer(ANN, 30)]) + f"{CAT},{ANN},torn\n")
    ingest.ingest(populated, populated.workspace.source("farm"), populated.workspace.contract(TRANSFER))
    before = populated.lake.count(f"quarantine_{TRANSFER}")
    (populated.workspace.settings.home / "notes.log").write_text(f"called {CAT} back")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{CAT}\n{CAT}\n"))
    with pytest.raises(FieldstoneError, match=r"isn't proved: 1 files .*notes\.log"):
        erase.run(populated, "-", due=False, execute=True, operator="Olga")
    (populated.workspace.settings.home / "notes.log").unlink()
    erase.run(populated, "-", due=False, execute=True, operator="Olga")
    assert populated.lake.count(f"quarantine_{TRANSFER}") == before - 1


def test_older_versions_are_gone(populated, erased):
    table = f"bronze_{TRANSFER}"
    before = populated.lake.version(table)
    with pytest.raises(DeltaError, match="No files in log segment"):
        DeltaTable(str(erased.lake.path(table)), version=before)


def test_a_restricted_person_is_not_taken_in_again(populated):
    _erase(populated)
    landing, workspace = populated.workspace.settings.landing, populated.workspace
    write_jsonl(landing / "bank/application/b.jsonl", [application(ANN, "2025-06-01T00:00:00Z")])
    write_jsonl(landing / "consent/grant/b.jsonl", [grant(ANN, 9)])
    for name in (APPLICATION, "consent__grant"):
        contract = workspace.contract(name)
        record = ingest.ingest(populated, workspace.source(contract.source), contract)
        assert (record.rows_stored, record.rows_not_authorised) == (0, 1)
        refine.refine_waiting(populated, contract)


def test_the_certificate_tells_of_the_person_a_hash_only(erased):
    certificate = _certificate(erased)
    assert certificate["subjects"] == [hashlib.sha256(f"subject {key_of(erased, ANN)}".encode()).hexdigest()]
    assert certificate["operator"] == "Olga"
    assert certificate["findings"] == 0
    assert certificate["steps"][-1]["name"] == PROVE
    assert certificate["steps"][-1]["counts"]["files"] > 0
    assert key_of(erased, ANN) not in json.dumps(certificate)


def test_the_trail_stays_whole_and_names_a_reference_only(erased):
    assert erased.trail.verify() == []
    done = [(entry.actor, entry.action) for entry in erased.trail.entries()[-3:]]
    assert done == [("Olga", action) for action in ("erase begin", "redact", "erase")]
    assert key_of(erased, ANN) not in str(erased.trail.entries())


def test_the_hash_of_the_certificate_stands_in_the_trail(erased):
    digest = json.loads(erased.trail.entries()[-1].details)["certificate_sha256"]
    pages = list((erased.workspace.settings.home / "reports/erasure").iterdir())
    assert digest == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in pages}


def test_each_file_is_counted_once_and_it_is_said_what_was_not_searched(erased):
    home = erased.workspace.settings.home
    certificate = _certificate(erased)
    # since then: the certificate, as JSON and as a page, and one entry of the trail
    files = {path for path in home.rglob("*") if path.is_file()}
    assert 0 < certificate["searched"]["files"] <= len(files)
    assert certificate["searched"]["where"] == "the whole state folder"
    assert any(place.startswith("the landing zone") for place in certificate["not_searched"])
    page = next(home.glob("reports/erasure/*.html")).read_text()
    assert "Not searched" in page
    assert f"{certificate['searched']['files']:,} files" in page


@pytest.mark.parametrize("hidden", ["text", "database"])
def test_what_is_left_somewhere_is_found_and_the_erasure_stays_open(populated, hidden):
    home = populated.workspace.settings.home
    if hidden == "text":
        (home / "notes.log").write_text(f"called {ANN} back")
    else:
        with sqlite3.connect(home / "mlflow/mlflow.db") as database:
            database.execute("INSERT INTO params VALUES (?)", ("." * 9000 + ANN,))
    with pytest.raises(
        FieldstoneError, match="isn't proved: 1 files still contain data that should be erased"
    ) as stopped:
        _erase(populated)
    assert ANN not in str(stopped.value)
    failed = populated.trail.entries()[-1]
    assert (failed.action, json.loads(failed.details)["step"]) == ("erase fail", PROVE)
    if hidden == "text":
        (home / "notes.log").unlink()
        _erase(populated)
        assert _certificate(populated)["findings"] == 0


# what is derived from a person -------------------------------------------------------------------------------------


BENS = "A0000000009"  # an application of Ben, whose features rest on Ann's consent too: they live in one household


def _share(context) -> None:
    """Ben's rows carry Ann's consent, in the tables of the present and of a run that looked back."""
    lake = context.lake
    at, names = AS_OF, "application_id string, subject_key string, as_of timestamp, consent_ids array<string>"
    rows = [(BENS, key_of(context, BEN), at, ["G0000000001", "G0000000002"])]
    frame = lake.spark.createDataFrame(rows, names)
    for table in ("gold__training_features", BACKDATED, DECISIONS):
        lake.append_gold(table, frame)
    members_of = lake.spark.createDataFrame(
        [("admission", "f" * 64, key_of(context, each)) for each in (ANN, BEN)],
        "model string, fingerprint string, subject_key string",
    )
    lake.append_gold(TRAINING_SUBJECTS, members_of)
    page = context.workspace.settings.home / "reports/models/admission.html"
    page.write_text(page.read_text() + f"<td>{BENS}<td>{BENS}0")


BACKDATED = "gold__training_features_asof_20250101t000000z"


@pytest.fixture
def shared(populated) -> Context:
    """A lake in which Ben's rows rest on Ann's consent too, and a model has learnt from both."""
    return _in_one_household(populated)


@pytest.fixture(scope="module")
def shared_erased(filled, tmp_path_factory) -> Context:
    """The same, from which Ann was erased, to be looked at by several tests and left as it is."""
    context = _in_one_household(_copied(filled, tmp_path_factory.mktemp("shared")))
    _erase(context)
    return context


def _in_one_household(context: Context) -> Context:
    shutil.rmtree(context.workspace.settings.home / "mlflow")
    _share(context)
    return context


def test_rows_of_others_lose_what_is_hers(shared_erased):
    for table in ("gold__training_features", BACKDATED):
        left = {row["application_id"] for row in raw_access.rows(shared_erased.lake, table).collect()}
        assert left == ({APPLICATIONS[BEN]} if table != BACKDATED else set())
    decided = {
        row["application_id"]: row["consent_ids"] for row in raw_access.rows(shared_erased.lake, DECISIONS).collect()
    }
    assert decided[BENS] == ["erased", "G0000000002"]
    assert decided[APPLICATIONS[ANN]] == ["G0000000001"]  # hers, only stored as the law wants it
    outcomes = {(row["table"], row["outcome"]): row["rows"] for row in _certificate(shared_erased)["tables"]}
    assert outcomes[DECISIONS, "redacted"] == outcomes[DECISIONS, "restricted"] == 1
    report = (shared_erased.workspace.settings.home / "reports/models/admission.html").read_text()
    assert f"<td>{'*' * 11}<td>{BENS}0" in report
    assert APPLICATIONS[BEN] in report


def test_a_decision_that_rested_on_her_consent_is_read_no_more_than_before(shared_erased):
    rows = shared_erased.lake.read(DECISIONS, purpose=Purpose.CREDIT_ASSESSMENT, as_of=AS_OF).collect()
    assert {row["application_id"] for row in rows} == {APPLICATIONS[BEN]}


def test_the_certificate_says_which_model_versions_have_learnt_from_her(shared_erased):
    assert _certificate(shared_erased)["learnt"] == {"admission:(never registered)": 1}
    assert (
        "Model versions that had learnt"
        in next((shared_erased.workspace.settings.home / "reports/erasure").glob("*.html")).read_text()
    )


@pytest.mark.further
def test_her_consent_in_a_row_of_another_that_came_meanwhile_is_found_and_goes_with_the_next_run(shared, monkeypatch):
    """Somebody wrote it past the locks, after its table was done."""
    redact = erasure_steps._redact

    def late(context, request):
        monkeypatch.undo()
        _share(context)
        return redact(context, request)

    monkeypatch.setattr(erasure_steps, "_redact", late)
    with pytest.raises(FieldstoneError, match=r"isn't proved: .*gold__training_features"):
        _erase(shared)
    _erase(shared)
    assert _certificate(shared)["findings"] == 0


def test_when_a_consent_ends_what_others_owe_to_it_goes_too(shared):
    landing = shared.workspace.settings.landing
    withdrawal = {"consent_no": "G0000000001", "subject_id_no": ANN, "withdrawn_at": "2025-07-01T00:00:00Z"}
    write_jsonl(landing / "consent/withdrawal/a.jsonl", [withdrawal | {"published_at": "2025-07-01T01:00:00Z"}])
    contract = shared.workspace.contract("consent__withdrawal")
    ingest.ingest(shared, shared.workspace.source("consent"), contract)
    refine.refine_waiting(shared, contract)
    erase.run(shared, None, due=True, execute=True, operator="airflow")
    for table in ("gold__training_features", BACKDATED):
        assert holding(shared.lake.path(table), ["G0000000001"]) == ()
    assert BENS not in (shared.workspace.settings.home / "reports/models/admission.html").read_text().split("<td>")
    assert _certificate(shared)["learnt"] == {"admission:(never registered)": 1}
    assert erasure.due(shared.lake, AS_OF) == []


@pytest.mark.further
def test_a_table_that_no_contract_declares_any_more_is_reached(populated):
    lake, key = populated.lake, key_of(populated, ANN)
    frame = lake.spark.createDataFrame([(key, "x"), (key_of(populated, BEN), "y")], "subject_key string, note string")
    place = str(lake.path("silver_former__visit"))
    DeltaTable.create(place, delta(frame.schema), configuration=WITHOUT_STATISTICS)
    frame.write.format("delta").mode("append").save(place)
    _erase(populated)
    assert [row["note"] for row in raw_access.rows(lake, "silver_former__visit").collect()] == ["y"]
    assert {row["table"] for row in _certificate(populated)["tables"]} > {"silver_former__visit"}


# runs that die ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def undisturbed(erased):
    """What an erasure comes to that nothing disturbs."""
    return _contents(erased), _certificate(erased)["tables"]


@pytest.mark.further
def test_killed_at_any_boundary_and_resumed_ends_the_same(filled, tmp_path, undisturbed):
    request = planning.of_subject(folder_context(filled), key_of(folder_context(filled), ANN), "Olga")
    names = list(steps(folder_context(filled), request))
    for last, name in enumerate(names[:-1]):
        folder = tmp_path / str(last)
        shutil.copytree(filled, folder)
        context, logged = folder_context(folder), request
        for step in names[: last + 1]:
            counts = steps(context, request)[step]()
            logged = logged.after(step, counts) if step != name else logged  # died before it could be noted
        erasure_request.keep(context, logged)
        _erase(context)
        assert (_contents(context), _certificate(context)["tables"]) == undisturbed, name
        assert not list((folder / "state/erasure").iterdir())
        shutil.rmtree(folder)


def test_a_killed_command_goes_on_where_it_was(populated, undisturbed):
    home = populated.workspace.settings.home
    command = [sys.executable, "-m", "jobs.cli", "erase", "--subject", key_of(populated, ANN)]
    environ = os.environ | {
        "FIELDSTONE_HOME": str(home),
        "FIELDSTONE_LANDING": str(populated.workspace.settings.landing),
        "FIELDSTONE_AS_OF": AS_OF.isoformat(),
    }
    with subprocess.Popen([*command, "--execute", "--operator", "Olga"], env=environ) as process:
        for changes in watchfiles.watch(home, step=5, rust_timeout=1000, yield_on_timeout=True):
            if any(f"silver_{TRANSFER}" in path for _, path in changes):
                process.kill()
                break
            assert process.poll() is None
    assert not list(home.glob("reports/erasure/*"))
    subprocess.run([*command, "--execute", "--operator", "Olga"], env=environ, check=True)
    assert (_contents(populated), _certificate(populated)["tables"]) == undisturbed


@pytest.mark.further
def test_one_whose_proof_alone_is_left_goes_on_in_a_process_that_has_opened_no_session(populated):
    request = planning.of_subject(populated, key_of(populated, ANN), "Olga")
    for name, perform in steps(populated, request).items():
        request = request.after(name, perform()) if name != PROVE else request
    erasure_request.keep(populated, request)
    settings = populated.workspace.settings
    environ = os.environ | {"FIELDSTONE_HOME": str(settings.home), "FIELDSTONE_LANDING": str(settings.landing)}
    environ |= {"FIELDSTONE_AS_OF": AS_OF.isoformat()}
    environ.pop("SPARK_CONNECT_MODE_ENABLED", None)  # which the session of this process has left behind
    command = [sys.executable, "-m", "jobs.cli", "erase", "--subject", key_of(populated, ANN), "--execute"]
    subprocess.run([*command, "--operator", "Olga"], env=environ, check=True)
    assert _certificate(populated)["findings"] == 0


# what may not be kept any longer ------------------------------------------------------------------------------------


def test_nothing_is_due_while_consents_hold(populated):
    assert erasure.due(populated.lake, AS_OF) == []


def test_a_withdrawal_takes_what_rested_on_it_and_nothing_else(populated):
    landing, workspace = populated.workspace.settings.landing, populated.workspace
    withdrawal = {"consent_no": "G0000000001", "subject_id_no": ANN, "withdrawn_at": "2025-07-01T00:00:00Z"}
    write_jsonl(landing / "consent/withdrawal/a.jsonl", [withdrawal | {"published_at": "2025-07-01T01:00:00Z"}])
    contract = workspace.contract("consent__withdrawal")
    ingest.ingest(populated, workspace.source("consent"), contract)
    refine.refine_waiting(populated, contract)
    erase.run(populated, None, due=True, execute=True, operator="airflow")
    lake, home, key = populated.lake, workspace.settings.home, key_of(populated, ANN)
    for table in (f"bronze_{TRANSFER}", f"silver_{TRANSFER}", f"quarantine_{TRANSFER}", "gold__training_features"):
        assert holding(lake.path(table), [key]) == ()
        assert table == f"quarantine_{TRANSFER}" or holding(lake.path(table), [key_of(populated, BEN)])
    assert holding(lake.path(f"silver_{APPLICATION}"), [key]) != ()
    assert erasure.due(lake, AS_OF) == []
    assert json.loads(next(home.glob("reports/erasure/*.json")).read_text())["about"] == "due"


def test_what_is_not_refined_yet_is_no_older_than_it_is(populated):
    path = populated.workspace.settings.landing / "bank/application/b.jsonl"
    write_jsonl(path, [application(CAT, "2025-06-01T00:00:00Z")])
    ingest.ingest(populated, populated.workspace.source("bank"), populated.workspace.contract(APPLICATION))
    assert erasure.due(populated.lake, AS_OF) == []


@pytest.mark.further
def test_once_every_term_is_over_nothing_is_left_of_those_who_were_restricted(populated):
    _erase(populated)
    late = folder_context(populated.workspace.settings.home.parent, LATE)
    erase.run(late, None, due=True, execute=True, operator="airflow")
    home = late.workspace.settings.home
    assert holding(home, [key_of(populated, ANN), key_of(populated, BEN), ANN, BEN]) == ()
    assert late.lake.count(erasure.RESTRICTED) == late.lake.count(DECISIONS) == 0
    assert late.trail.verify() == []
