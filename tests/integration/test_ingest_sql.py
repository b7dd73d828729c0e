"""The bank's records from a real PostgreSQL, over TLS, into bronze."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conf.schema.contract import Purpose
from conf.schema.errors import FieldstoneError
from conf.schema.source import Source
from lake import refusals
from lake.batch import Batch
from pipeline import refine
from pipeline.ingest import run
from pipeline.ingest.database import ranges
from pipeline.ingest.database.connection import Reader
from pipeline.machine import postgresql
from pipeline.resolution import set_aside
from sandbox.partners import certificates, postgres
from tests.integration.landing import person

TABLE, URL = "bank__transaction", "FIELDSTONE_BANK_URL"
COLUMNS = """transaction_no text, account_no text, id_no text, booked_at timestamptz, direction text,
    amount_cny numeric(14,2), category text, channel text, published_at timestamptz"""
LAST = datetime(2025, 6, 30, 12, tzinfo=UTC)
LOCK = 42

pytestmark = pytest.mark.skipif(
    not postgresql.is_installed(), reason="PostgreSQL isn't installed (Debian: apt install postgresql)"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgres.running(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def bank(server, context, monkeypatch):
    """The table, empty, and a context whose only source is its database."""
    server.execute("DROP TABLE IF EXISTS core.transaction CASCADE", f"CREATE TABLE core.transaction ({COLUMNS})")
    monkeypatch.setenv(URL, server.url())
    return asking(context)


def asking(context, asset: dict | None = None, connection: dict | None = None):
    """The context with one source, whose one asset is read from the database."""
    stated = {
        "name": "bank",
        "title": {"en": "Bank", "zh": "银行"},
        "connection": {"kind": "database", "url_env": URL, "parallel": 3} | (connection or {}),
        "assets": {"transaction": {"table": "core.transaction", "watermark": "published_at"} | (asset or {})},
    }
    source = Source.model_validate(stated)
    return replace(context, workspace=replace(context.workspace, sources={"bank": source}))


def row(number: int, published: datetime | None = LAST, subject: str | None = None, **changes) -> str:
    """A booking as an INSERT."""
    values = {
        "transaction_no": f"T{number:014d}",
        "account_no": f"6217{number % 5:012d}",
        "id_no": subject or person(number % 5),
        "booked_at": "2025-06-01 10:00:00+08",
        "direction": "in",
        "amount_cny": "12.50",
        "category": "wage",
        "channel": "mobile",
        "published_at": published and published.isoformat(),
    } | changes
    literals = ["NULL" if v is None else "'" + v.replace("'", "''") + "'" for v in values.values()]
    return f"INSERT INTO core.transaction ({', '.join(values)}) VALUES ({', '.join(literals)})"


def days(count: int) -> list[str]:
    """A booking a day, the last at `LAST`."""
    return [row(n, LAST - timedelta(days=count - n)) for n in range(1, count + 1)]


def ingest(context) -> Batch | None:
    """Ingest the table; the ledger record of its batch."""
    workspace = context.workspace
    return run.ingest(context, workspace.source("bank"), workspace.contract(TABLE))


def pulled(context):
    """What the pull hands to the door."""
    workspace = context.workspace
    finished = context.lake.batches(TABLE, "ingest")
    return ranges.pull(context, workspace.source("bank"), workspace.contract(TABLE), finished)


def bronze(context) -> list:
    """Rows of bronze by transaction."""
    purpose = Purpose.CREDIT_ASSESSMENT
    rows = context.lake.read(f"bronze_{TABLE}", purpose=purpose, as_of=context.as_of)
    return rows.orderBy("transaction_no").collect()


def numbers(context) -> list[int]:
    """Numbers of the bookings in bronze."""
    return [int(row["transaction_no"][1:]) for row in bronze(context)]


def in_beijing(context):
    """The context with a source whose clocks show the time of Beijing."""
    source = context.workspace.sources["bank"].model_copy(update={"time_zone": "Asia/Shanghai"})
    return replace(context, workspace=replace(context.workspace, sources={"bank": source}))


@pytest.mark.parametrize(
    ("kind", "taken", "later"),
    [
        ("timestamp", "2026-01-01 07:59:59", "2026-01-01 08:00:01"),  # the run is at eight in Beijing
        ("date", "2026-01-01", "2026-01-02"),
        ("timestamptz", "2025-12-31 23:59:59+00", "2026-01-01 00:00:01+00"),
    ],
)
def test_now_is_by_the_clocks_of_the_source_where_a_watermark_has_no_zone(server, bank, capsys, kind, taken, later):
    server.execute("ALTER TABLE core.transaction ADD COLUMN changed " + kind)
    server.execute(row(1, changed=taken), row(2, changed=later))
    context = asking(bank, {"watermark": "changed"})
    ingest(in_beijing(context))
    assert numbers(context) == [1]
    assert "1 rows dated after this run are left for a later one" in capsys.readouterr().out


def test_a_moment_is_told_with_its_zone_only_where_the_database_has_one(server, bank):
    server.execute("ALTER TABLE core.transaction ALTER COLUMN booked_at TYPE timestamp")
    server.execute(row(1, booked_at="2025-06-01 10:00:00"))
    ingest(bank)
    stored = bronze(bank)[0]
    assert (stored["booked_at"], stored["published_at"]) == ("2025-06-01 10:00:00", "2025-06-30 12:00:00Z")


def test_rows_arrive_once_as_text_from_parallel_ranges(server, bank):
    server.execute(*days(20))
    record = ingest(bank)
    assert (record.rows_read, record.rows_stored, len(record.parts)) == (20, 20, 3)
    assert numbers(bank) == list(range(1, 21))
    last = bronze(bank)[-1].asDict()
    assert last["booked_at"] == "2025-06-01 02:00:00Z"
    assert last["published_at"] == "2025-06-30 12:00:00Z"
    assert (last["amount_cny"], last["direction"]) == ("12.50", "in")
    assert last["subject_key"] not in (None, person(0))
    assert last["_source_ref"].startswith("core.transaction (2025-06-2")


def test_only_what_is_past_the_watermark_is_read_again(server, bank):
    server.execute(*days(5))
    first = ingest(bank)
    assert ingest(bank) is None
    server.execute(row(6, LAST + timedelta(days=1)), row(7, LAST + timedelta(days=2)))
    second = ingest(bank)
    assert (second.rows_read, second.rows_stored, second.rows_duplicate) == (2, 2, 0)
    assert first.watermark != second.watermark
    assert numbers(bank) == [1, 2, 3, 4, 5, 6, 7]


def test_a_late_commit_is_found_and_what_was_read_with_it_is_not_stored_twice(server, bank):
    minutes = [LAST - timedelta(minutes=n) for n in range(4)]
    server.execute(*(row(n, moment) for n, moment in enumerate(minutes)))
    server.execute(row(8, LAST - timedelta(minutes=1), subject="500102198001010000"))
    with server.connect(autocommit=False) as open_transaction, open_transaction.cursor() as cursor:
        cursor.execute(row(9, LAST - timedelta(minutes=30)))
        first = ingest(bank)
        assert (first.rows_stored, first.rows_quarantined) == (4, 1)
        open_transaction.commit()
    second = ingest(bank)
    assert (second.rows_read, second.rows_stored, second.rows_duplicate) == (6, 1, 5)
    assert second.rows_quarantined == 0
    assert numbers(bank) == [0, 1, 2, 3, 9]
    assert bank.lake.platform(f"quarantine_{TABLE}").count() == 1
    assert ingest(bank) is None


@pytest.mark.further
def test_two_late_commits_at_the_same_watermark_are_two_batches(server, bank):
    server.execute(row(1))
    batches = [ingest(bank).batch_id]
    for number in (2, 3):
        server.execute(row(number, LAST - timedelta(minutes=number)))
        batches.append(ingest(bank).batch_id)
    assert len(set(batches)) == 3
    assert numbers(bank) == [1, 2, 3]


@pytest.mark.further
def test_rows_dated_after_the_run_wait_for_their_time(server, bank, capsys):
    server.execute(row(1), row(2, bank.as_of + timedelta(days=1)))
    ingest(bank)
    assert "1 rows dated after this run are left for a later one" in capsys.readouterr().out
    assert numbers(bank) == [1]
    later = replace(bank, as_of=bank.as_of + timedelta(days=2))
    ingest(later)
    assert numbers(later) == [1, 2]


@pytest.mark.further
def test_rows_without_a_watermark_stop_the_batch(server, bank):
    server.execute(row(1), row(2, None))
    with pytest.raises(FieldstoneError, match=r"1 rows of core\.transaction have no published_at and would never be"):
        ingest(bank)


@pytest.mark.further
def test_an_empty_table_is_nothing_new(bank):
    assert ingest(bank) is None


@pytest.mark.further
@pytest.mark.parametrize(
    ("kind", "values", "text"),
    [
        ("date", ["2025-01-01", "2025-02-01"], "2025-02-01"),
        ("bigint", ["1", "900000"], "900000"),
        ("timestamp", ["0001-01-01", "2025-02-01 10:00:00.5"], "2025-02-01T10:00:00.500000"),
    ],
)
def test_the_watermark_may_be_a_date_a_sequence_or_an_instant(server, bank, kind, values, text):
    server.execute(
        f"ALTER TABLE core.transaction ADD COLUMN changed {kind}",
        *(row(n, changed=value) for n, value in enumerate(values)),
    )
    pull = pulled(asking(bank, {"watermark": "changed"}))
    assert sorted(r["transaction_no"][-1] for r in pull.rows.collect()) == ["0", "1"]
    assert f'"at": "{text}"' in pull.watermark


@pytest.mark.further
def test_a_watermark_that_does_not_grow_is_refused(server, bank):
    server.execute(row(1))
    with pytest.raises(FieldstoneError, match="a watermark can't be text; it must be one of timestamp with time zone"):
        ingest(asking(bank, {"watermark": "transaction_no"}))


# drift --------------------------------------------------------------------------------------------------------------


@pytest.mark.further
def test_a_new_column_is_ignored_and_reported(server, bank):
    server.execute("ALTER TABLE core.transaction ADD COLUMN loyalty text", row(1, loyalty="gold"))
    record = ingest(bank)
    assert (record.rows_stored, record.ignored_columns) == (1, ("loyalty",))


@pytest.mark.further
def test_a_missing_optional_column_is_null_and_reported(server, bank):
    contract = bank.workspace.contract(TABLE)
    column = contract.columns["channel"].model_copy(update={"required": False})
    relaxed = contract.model_copy(update={"columns": contract.columns | {"channel": column}})
    bank = replace(bank, workspace=replace(bank.workspace, contracts=bank.workspace.contracts | {TABLE: relaxed}))
    server.execute(row(1), "ALTER TABLE core.transaction DROP COLUMN channel")
    record = ingest(bank)
    assert (record.rows_stored, record.missing_columns) == (1, ("channel",))
    assert bronze(bank)[0]["channel"] is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DROP COLUMN channel", r"core\.transaction has no column channel, which bank__transaction requires"),
        ("ALTER amount_cny TYPE text", r"column amount_cny is text, but bank__transaction declares decimal\(14,2\)"),
        ("ALTER booked_at TYPE date", "column booked_at is date, but bank__transaction declares timestamp"),
        ("RENAME published_at TO changed_at", "has no column published_at, which bank__transaction requires"),
    ],
)
def test_a_missing_required_column_or_a_changed_type_stops_before_bronze(server, bank, change, says):
    server.execute(row(1), f"ALTER TABLE core.transaction {change}")
    with pytest.raises(FieldstoneError, match=says):
        ingest(bank)
    assert not bank.lake.exists(f"bronze_{TABLE}")


@pytest.mark.further
def test_a_renamed_column_is_read_under_our_name(server, bank):
    server.execute(row(1), 'ALTER TABLE core.transaction RENAME channel TO "渠道 ""x"""')
    ingest(asking(bank, {"rename": {'渠道 "x"': "channel"}}))
    assert bronze(bank)[0]["channel"] == "mobile"


# access -------------------------------------------------------------------------------------------------------------


def test_the_role_may_only_read(server, bank):
    server.execute(row(1))
    reader = Reader(bank.workspace.source("bank").connection)
    with (
        pytest.raises(FieldstoneError, match="cannot execute DELETE in a read-only transaction"),
        reader.snapshot() as c,
    ):
        c.execute("DELETE FROM core.transaction")
    with server.connect(postgres.READER) as connection, connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
        with pytest.raises(Exception, match="permission denied for table transaction"):
            cursor.execute("DELETE FROM core.transaction")


def test_a_role_that_may_write_is_refused(server, bank, monkeypatch):
    monkeypatch.setenv(URL, server.url(postgres.OWNER))
    with pytest.raises(FieldstoneError, match=r"role bank_owner may write core\.transaction; connect with a role that"):
        ingest(bank)


def test_the_connection_is_encrypted_and_the_server_verified(server, bank, monkeypatch, tmp_path):
    reader = Reader(bank.workspace.source("bank").connection)
    seen = list(reader.stream("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    assert seen[0]["ssl"].to_pylist() == [True]
    other = certificates.issue(tmp_path / "other").ca
    monkeypatch.setenv(URL, server.url().replace(server.ca, str(other)))
    with pytest.raises(FieldstoneError, match="certificate verify failed"):
        ingest(bank)


def test_an_address_cannot_weaken_the_declared_tls(server, bank, monkeypatch):
    monkeypatch.setenv(URL, server.url().replace("sslmode=verify-full", "sslmode=disable"))
    reader = Reader(bank.workspace.source("bank").connection)
    assert next(reader.stream("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))["ssl"][0].as_py()


@pytest.mark.further
def test_a_server_without_tls_is_used_only_where_that_is_declared(bank, monkeypatch, tmp_path):
    with postgres.running(tmp_path / "plain", tls=False) as plain:
        plain.execute(f"CREATE TABLE core.transaction ({COLUMNS})", row(1))
        monkeypatch.setenv(URL, plain.url())
        with pytest.raises(FieldstoneError, match="server does not support SSL, but SSL was required"):
            ingest(bank)
        assert ingest(asking(bank, connection={"sslmode": "disable"})).rows_stored == 1


@pytest.mark.further
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", f"{URL} is not set; put the database's address into the environment"),
        ("mysql://reader:geheim@host/bank", f"{URL} is no such address"),
        ("postgresql://reader:ge heim@127.0.0.1:1/bank", r'unexpected spaces found in "\*\*\*"'),
        ("postgresql://reader:geheim@127.0.0.1:1/bank", "port 1 failed: Connection refused"),
    ],
)
def test_a_wrong_address_is_told_without_its_password(bank, monkeypatch, url, says):
    monkeypatch.setenv(URL, url)
    with pytest.raises(FieldstoneError, match=says) as error:
        ingest(bank)
    assert "heim" not in str(error.value)


def test_a_wrong_password_is_told_without_it(server, bank, monkeypatch):
    monkeypatch.setenv(URL, server.url().replace(server.passwords[postgres.READER], "n0t-the-passw0rd"))
    with pytest.raises(FieldstoneError, match='password authentication failed for user "fieldstone_reader"') as error:
        ingest(bank)
    assert "n0t-the" not in str(error.value)


@pytest.mark.further
def test_a_table_that_is_not_granted_says_what_to_ask_for(server, bank):
    server.execute("REVOKE SELECT ON core.transaction FROM fieldstone_reader")
    with pytest.raises(FieldstoneError, match=r"no table core\.transaction with a column that the role .* may read"):
        ingest(bank)


# injection ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["core.transaction; DROP TABLE x", 'core."transaction"', "core.a.b", "", "x' OR '1"])
def test_a_table_name_is_a_name(context, name):
    with pytest.raises(ValueError, match="String should match pattern"):
        asking(context, {"table": name})


@pytest.mark.parametrize("evil", ["x'; DROP TABLE core.transaction; --", 'x"; DROP TABLE core.transaction; --', "\\."])
def test_names_and_values_with_sql_in_them_stay_names_and_values(server, bank, evil):
    quoted = evil.replace('"', '""')
    server.execute(row(1, category=evil), f'ALTER TABLE core.transaction ADD COLUMN "{quoted}" int')
    record = ingest(bank)
    assert record.ignored_columns == ("?",)  # no name that a column of ours could have
    assert bronze(bank)[0]["category"] == evil
    with pytest.raises(FieldstoneError, match="the watermark of bank__transaction"):
        ingest(asking(bank, {"watermark": evil + "x"}))
    assert next(Reader(bank.workspace.source("bank").connection).stream("SELECT 1 FROM core.transaction")).num_rows == 1


@pytest.mark.further
def test_values_come_through_as_they_are(server, bank):
    server.execute(row(1, category="a\tb\nc\\N,\"d\"''", channel="张三 🌾"), row(2, channel=""))
    ingest(bank)
    first, second = bronze(bank)
    assert (first["category"], first["channel"]) == ("a\tb\nc\\N,\"d\"''", "张三 🌾")
    assert second["channel"] == ""


# faults and secrets -------------------------------------------------------------------------------------------------


@pytest.fixture
def halting(server, bank):
    """A view that, read up to its first row, waits for a lock that the test holds."""
    server.execute(
        "DROP FUNCTION IF EXISTS core.waiting CASCADE",
        f"""CREATE FUNCTION core.waiting() RETURNS text LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock_shared({LOCK}); RETURN 'mobile'; END $$""",
        *days(30),
        """CREATE VIEW core.halting AS SELECT transaction_no, account_no, id_no, booked_at, direction, amount_cny,
            category, CASE WHEN transaction_no = 'T00000000000001' THEN core.waiting() ELSE channel END AS channel,
            published_at FROM core.transaction""",
    )
    return asking(bank, {"table": "core.halting"})


def test_a_server_that_stops_midway_leaves_nothing_and_the_rerun_ends_equal(server, halting):
    ended = []

    def attempt() -> None:
        with pytest.raises(FieldstoneError) as error:
            ingest(halting)
        ended.append(str(error.value))

    with server.connect() as holder, holder.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({LOCK})")
        reading = threading.Thread(target=attempt)
        reading.start()
        waiting = 0
        while not waiting and reading.is_alive():
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            waiting = cursor.fetchone()[0]
        command_lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
        server.stop("immediate")
    reading.join()
    server.start()
    assert "the database of FIELDSTONE_BANK_URL failed" in ended[0]
    assert "nothing of this batch was stored. Run it again once the cause is gone" in ended[0]
    assert server.passwords[postgres.READER] not in ended[0]
    assert not any(server.passwords[postgres.READER].encode() in line for line in command_lines)
    assert halting.lake.batches(TABLE, "ingest") == []
    assert not halting.lake.exists(f"bronze_{TABLE}")
    record = ingest(halting)
    assert record.rows_stored == 30
    assert numbers(halting) == list(range(1, 31))


def test_the_password_is_in_no_plan_no_output_and_no_file(server, bank, capfd):
    server.execute(*days(3))
    pulled(bank).rows.explain(extended=True)
    ingest(bank)
    ingest(bank)
    secret = server.passwords[postgres.READER]
    output = capfd.readouterr()
    assert secret not in output.out + output.err
    files = [path for path in bank.workspace.settings.home.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret.encode() in path.read_bytes()]


@pytest.mark.further
def test_rows_of_a_batch_that_was_dropped_do_not_come_again_with_the_next_pull(server, bank):
    """A pull overlaps with the one before, so it reads them once more."""
    contract = bank.workspace.contract(TABLE)
    server.execute(*(row(n, amount_cny="12.50", direction="sideways") for n in range(1, 4)))
    ingest(bank)
    with pytest.raises(FieldstoneError, match=r"share of failing rows 100\.0%"):
        refine.refine_waiting(bank, contract)
    (batch,) = refusals.standing(bank.lake, TABLE)
    set_aside.drop(bank, batch, "Ruth", "they send it again, corrected")
    server.execute(row(4, LAST + timedelta(minutes=1)))
    assert ingest(bank).rows_stored == 1
    assert numbers(bank) == [4]
