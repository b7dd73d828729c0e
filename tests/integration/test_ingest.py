"""From landing zone to silver: the gate, the vault, bad input, repetition, and runs that die."""

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyspark.sql import functions as F

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.identifiers import resident_id_check
from lake.fingerprints import fingerprint
from pipeline import refine
from pipeline.ingest import run as ingest
from tests.integration.holding import key_of
from tests.integration.landing import as_csv, grant, person, transfer, with_numbers, write_jsonl

ANN, BEN, CAT = person(1), person(2), person(3)
TRANSFER = "farm__land_transfer"


@pytest.fixture
def drop(workspace):
    """Writes a file into the landing zone."""

    def write(name: str, content: str | bytes):
        path = workspace.settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def door(context, drop, workspace):
    """Ann and Ben have consented; Cat has not. `door()` ingests and refines land transfers."""
    write_jsonl(workspace.settings.landing / "consent/grant/a.jsonl", [grant(ANN, 1), grant(BEN, 2)])
    for job in (ingest, refine):
        job.run(context, "consent")
    contract, source = workspace.contract(TRANSFER), workspace.source("farm")

    def enter():
        record = ingest.ingest(context, source, contract)
        refine.refine_waiting(context, contract)
        return record

    return enter


def _silver(context, table=TRANSFER):
    read = context.lake.read(f"silver_{table}", purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
    return with_numbers(context, read.orderBy("known_at").toArrow().to_pylist())


def _quarantined(context, table=TRANSFER):
    rows = context.lake.platform(f"quarantine_{table}").select(F.explode("reasons").alias("reason"))
    return sorted(row["reason"] for row in rows.collect())


def test_only_rows_of_those_who_consented_are_stored(door, drop, context):
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, 1), transfer(BEN, 2), transfer(CAT, 3)]))
    record = door()
    assert (record.rows_read, record.rows_stored, record.rows_not_authorised) == (3, 2, 1)
    assert [row["contract_no"][-1] for row in _silver(context)] == ["1", "2"]
    assert {row["consent_id"] for row in _silver(context)} == {"G0000000001", "G0000000002"}


def test_no_identifier_is_readable_anywhere_under_the_state_folder(door, drop, context, workspace):
    drop(
        "farm/land_transfer/a.csv",
        as_csv([*(transfer(ANN, n) for n in range(5, 9)), transfer(CAT, 3), transfer("11010519491231002A", 4)]),
    )
    door()
    content = b"".join(path.read_bytes() for path in workspace.settings.home.rglob("*") if path.is_file())
    assert b"contract_no" in content
    for identifier in (ANN, BEN, CAT, "11010519491231002A"):
        assert identifier.encode() not in content


def test_the_same_file_again_changes_nothing(door, drop, context):
    text = as_csv([transfer(ANN, 1)])
    drop("farm/land_transfer/a.csv", text)
    door()
    before = {table: context.lake.version(table) for table in context.lake.tables()}
    drop("farm/land_transfer/renamed.csv", text)
    assert door() is None
    assert {table: context.lake.version(table) for table in context.lake.tables()} == before


def test_a_correction_is_a_new_version_and_the_past_stays_as_it_was_known(door, drop, context):
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, 1)]))
    door()
    drop("farm/land_transfer/b.csv", as_csv([transfer(ANN, 1, area_mu="4.00", published_at="2024-06-01T00:00:00Z")]))
    door()
    assert [float(row["area_mu"]) for row in _silver(context)] == [3.5, 4.0]


def test_an_expired_consent_shows_nothing(door, drop, context, workspace):
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, 1)]))
    door()
    late = context.as_of.replace(year=2029)
    assert context.lake.read(f"silver_{TRANSFER}", purpose=Purpose.CREDIT_ASSESSMENT, as_of=late).count() == 0


def test_a_purpose_that_the_contract_does_not_name_is_refused(context):
    context.lake.create(f"silver_{TRANSFER}")
    with pytest.raises(FieldstoneError, match="may not be read for fairness_testing; its contract allows"):
        context.lake.read(f"silver_{TRANSFER}", purpose=Purpose.FAIRNESS_TESTING, as_of=context.as_of)


# bad input --------------------------------------------------------------------------------------------------------


def test_a_missing_file_says_where_it_was_looked_for(door):
    with pytest.raises(
        FieldstoneError, match=r"no file for farm/land_transfer: nothing matches .*csv in the landing zone"
    ):
        door()


@pytest.mark.further
def test_an_empty_file_is_an_error(door, drop):
    drop("farm/land_transfer/a.csv", b"")
    with pytest.raises(FieldstoneError, match=r"a\.csv is empty, it has not even a header"):
        door()


@pytest.mark.further
def test_a_header_without_rows_is_a_batch_of_nothing(door, drop, context):
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN)]).splitlines()[0] + "\n")
    assert door().rows_read == 0


@pytest.mark.further
def test_a_wrong_header_stops_before_bronze(door, drop, context):
    drop("farm/land_transfer/a.csv", "name,area\nx,1\n")
    with pytest.raises(
        FieldstoneError, match=r"a\.csv has no column area_mu, contract_no, .*which farm__land_transfer requires"
    ):
        door()
    assert not context.lake.batches(TRANSFER, "ingest")


@pytest.mark.further
def test_a_file_in_another_encoding_is_refused_whole_and_the_error_says_how_to_declare_it(door, drop, context):
    rows = [transfer(ANN, n, rent_cny_mu_year="四百") for n in range(1, 4)]
    drop("farm/land_transfer/a.csv", as_csv(rows).encode("gb18030"))
    with pytest.raises(FieldstoneError, match=r"declare `encoding: gb18030` in its source, .*Nothing of it was stored"):
        door()
    assert not context.lake.batches(TRANSFER, "ingest")


@pytest.mark.further
def test_an_id_number_is_read_whatever_its_width_and_nobody_is_born_tomorrow(door, drop, context):
    wide = BEN.translate(str.maketrans("0123456789X", "０１２３４５６７８９Ｘ"))
    body = "50010220400101001"
    unborn = body + resident_id_check(body)
    subjects = [f"\u3000{wide}\t", *[ANN] * 5, unborn]
    drop("farm/land_transfer/a.csv", as_csv([transfer(each, n) for n, each in enumerate(subjects)]))
    assert door().rows_stored == 6
    assert {row["subject_key"] for row in _silver(context)} == {key_of(context, ANN), key_of(context, BEN)}
    assert _quarantined(context) == ["INVALID_SUBJECT"]


@pytest.mark.further
def test_ragged_lines_go_to_quarantine_and_the_others_pass(door, drop, context):
    good = as_csv([transfer(ANN, n) for n in range(1, 11)])
    drop("farm/land_transfer/a.csv", good + "1,2,3\n" + good.splitlines()[1] + ",more\n")
    record = door()
    assert (record.rows_read, record.rows_stored, record.rows_quarantined) == (12, 10, 2)
    assert _quarantined(context) == ["RAGGED_ROW", "RAGGED_ROW"]


def test_an_unknown_column_is_ignored_and_reported_and_never_stored(door, drop, context):
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, 1) | {"religion": "secret-faith"}]))
    assert door().ignored_columns == ("religion",)
    assert "religion" not in _silver(context)[0]


@pytest.mark.further
def test_a_missing_optional_column_is_null_and_reported(door, drop, context):
    columns = [name for name in transfer(ANN) if name != "is_registered"]
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, 1)], columns))
    assert door().missing_columns == ("is_registered",)
    assert _silver(context)[0]["is_registered"] is None


def test_too_many_bad_rows_stop_the_batch_before_silver(door, drop, context):
    rows = [transfer(ANN, n, area_mu="many" if n < 4 else "2") for n in range(1, 11)]
    drop("farm/land_transfer/a.csv", as_csv(rows))
    with pytest.raises(
        FieldstoneError,
        match=r"failing rows 30\.0% is over max_failure_share 20% of contract farm__land_transfer",
    ):
        door()
    assert _silver(context) == []


@pytest.mark.further
def test_a_clock_in_the_future_goes_to_quarantine(door, drop, context):
    rows = [transfer(ANN, n) for n in range(1, 10)] + [transfer(ANN, 10, published_at="2031-01-01T00:00:00Z")]
    drop("farm/land_transfer/a.csv", as_csv(rows))
    door()
    assert _quarantined(context) == ["FUTURE_TIME"]
    assert len(_silver(context)) == 9


@pytest.mark.further
def test_an_unknown_consent_text_goes_to_quarantine(context, workspace):
    grants = [grant(person(n), n) for n in range(10, 19)] + [grant(ANN, 1, text_sha256="0" * 64)]
    write_jsonl(workspace.settings.landing / "consent/grant/a.jsonl", grants)
    for job in (ingest, refine):
        job.run(context, "consent")
    assert _quarantined(context, "consent__grant") == ["UNKNOWN_CONSENT_TEXT"]


def test_half_a_parquet_file_is_an_error(context, drop, tmp_path):
    pq.write_table(pa.table({"customer_no": ["C0000000001"]}), tmp_path / "whole.parquet")
    drop("bank/customer/a.parquet", (tmp_path / "whole.parquet").read_bytes()[:-20])
    with pytest.raises(FieldstoneError, match=r"a\.parquet can't be read: it isn't a complete Parquet file"):
        ingest.run(context, "bank")


def test_a_changed_type_stops_before_bronze(context, drop, tmp_path, workspace):
    columns = workspace.contract("bank__customer").columns
    pq.write_table(pa.table({name: [1] for name in columns}), tmp_path / "whole.parquet")
    drop("bank/customer/a.parquet", (tmp_path / "whole.parquet").read_bytes())
    with pytest.raises(FieldstoneError, match="column customer_no is int64, but bank__customer declares string"):
        ingest.run(context, "bank")


def test_an_error_never_holds_a_value(door, drop, capsys):
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, n, area_mu="secret-value") for n in range(1, 11)]))
    with pytest.raises(FieldstoneError) as stopped:
        door()
    assert "secret-value" not in str(stopped.value) + capsys.readouterr().out


@pytest.mark.further
def test_two_runs_at_once(door, drop, context):
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, 1)]))
    with (
        context.lake.lock(f"bronze_{TRANSFER}"),
        pytest.raises(FieldstoneError, match="another run is writing bronze_farm__land_transfer; wait until it ends"),
    ):
        door()
    assert door().rows_stored == 1


@pytest.mark.further
def test_a_clock_that_goes_back_stops_before_anything_is_lost_and_the_right_one_goes_on(door, drop, context):
    """A run in the past would know no consents yet: what it read would never be stored, and count as taken in."""
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, 1)]))
    door()
    drop("farm/land_transfer/b.csv", as_csv([transfer(BEN, 2)]))
    early = replace(context, as_of=context.as_of.replace(year=2023))
    contract = context.workspace.contract(TRANSFER)
    for late in (lambda: ingest.run(early, "farm"), lambda: refine.refine_waiting(early, contract)):
        with pytest.raises(FieldstoneError, match=r"the clock of this run stands at 2023-01-01T00:00:00\+00:00, but a"):
            late()
    assert door().rows_stored == 1
    assert [row["contract_no"][-1] for row in _silver(context)] == ["1", "2"]


# runs that die ------------------------------------------------------------------------------------------------------


def _command(context, *arguments, **options):
    settings = context.workspace.settings
    environment = os.environ | {
        "FIELDSTONE_HOME": str(settings.home),
        "FIELDSTONE_LANDING": str(settings.landing),
        "FIELDSTONE_AS_OF": context.as_of.isoformat(),
    }
    command = [sys.executable, "-m", "jobs.cli", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.further
def test_a_full_disk_fails_clearly_and_the_next_run_completes(context, drop, workspace):
    write_jsonl(workspace.settings.landing / "consent/grant/a.jsonl", [grant(person(n), n) for n in range(1, 900)])

    def nothing_fits():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    _, errors = (full := _command(context, "ingest", "consent", preexec_fn=nothing_fits)).communicate()
    assert full.returncode == 1
    assert errors.startswith("fieldstone ingest: stopped by the system: File too large; put the cause right")
    assert errors.rstrip().endswith(". What was written is whole")
    assert "Traceback" not in errors
    ingest.run(context, "consent")
    assert context.lake.count("bronze_consent__grant") == 899


def test_what_a_killed_run_left_behind_is_done_over_in_place(door, drop, context, workspace):
    """The ledger entry is the commit: without it the batch is not there, whatever lies in the tables."""
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, n) for n in range(1, 6)]))
    door()
    whole = {table: fingerprint(context.lake, table) for table in context.lake.tables() if TRANSFER in table}
    DeltaTable(str(context.lake.path("audit__batches"))).delete(f"source_table = '{TRANSFER}'")
    door()
    again = {table: fingerprint(context.lake, table) for table in context.lake.tables() if TRANSFER in table}
    assert json.dumps(again) == json.dumps(whole)


def test_files_that_bronze_takes_over_hold_no_identifiers(context, workspace):
    write_jsonl(workspace.settings.landing / "consent/grant/a.jsonl", [grant(ANN, 1)])
    ingest.run(context, "consent")
    files = DeltaTable(str(context.lake.path("bronze_consent__grant"))).file_uris()
    assert [pq.read_table(file)["_sealed"].to_pylist() for file in files] == [[None]]
    assert context.lake.count("vault__identities") == 1


@pytest.mark.further
def test_files_of_a_killed_run_that_no_commit_names_are_removed(door, drop, context):
    drop("farm/land_transfer/a.csv", as_csv([transfer(ANN, n) for n in range(1, 6)]))
    unnamed = context.lake.path(f"bronze_{TRANSFER}") / "_batch_id=0000000000000000/part.parquet"
    unnamed.parent.mkdir(parents=True)
    unnamed.write_bytes(b"")
    door()
    assert not unnamed.parent.exists()
    assert context.lake.count(f"bronze_{TRANSFER}") == 5
