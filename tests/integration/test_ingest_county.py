"""The sandbox county through a partner's API or database ends in the same silver as through files."""

from dataclasses import replace

import pytest

from conf.schema import source as sources
from conf.schema.contract import Purpose
from conf.schema.workspace import ROOT, load
from pipeline import refine
from pipeline.context import Context
from pipeline.ingest import run as ingest
from pipeline.machine import postgresql
from sandbox.county.generator import generate
from sandbox.partners import platform_records, postgres
from sandbox.partners.faults import KINDS, FaultPlan
from sandbox.partners.platform_api import running
from sandbox.partners.postgres_tables import tables


@pytest.fixture(scope="module")
def county(tmp_path_factory, spark):
    folder = tmp_path_factory.mktemp("county")
    return folder, generate(spark, folder, households=40, months=12, seed=5, defect_share=0.02)


def _context(county, spark, home, *entries):
    """A context on the county, with some of the sources in place of the project's own."""
    folder, made = county
    workspace = load()
    settings = workspace.settings.model_copy(update={"home": home, "landing": folder / "landing", "as_of": made.as_of})
    sources = workspace.sources | {entry.name: entry for entry in entries}
    context = Context(replace(workspace, settings=settings, sources=sources), as_of=made.as_of)
    vars(context.lake)["spark"] = spark  # one session for all tests
    return context


def _silver(context, name):
    """Silver of a source's tables, without what tells the way they came."""
    for each in ("consent", name):
        for job in (ingest, refine):
            job.run(context, each)
    silver = {}
    for contract in context.workspace.tables_of(name):
        rows = context.lake.read(contract.named("silver"), purpose=Purpose.CREDIT_ASSESSMENT, as_of=context.as_of)
        # two lakes have keys of their own, so a subject is told by its consent, and an account not at all
        columns = [name for name, column in contract.stored.items() if not column.pseudonym and not column.protected]
        silver[contract.table] = sorted(
            map(repr, rows.select(*columns, "consent_id", "event_time", "known_at").collect())
        )
    assert all(silver.values())
    return silver


@pytest.mark.further
def test_api_and_files_end_in_the_same_silver(county, spark, tmp_path, monkeypatch):
    folder, made = county
    by_file = _silver(_context(county, spark, tmp_path / "files"), "farm")
    records = platform_records.load(load(), folder / "landing", ["farm"], made.as_of)
    plan = FaultPlan(share=0.1, seed=4, kinds=tuple(k for k in KINDS if k != "slow"), retry_after="0.01")
    with running(records, tmp_path / "partner", plan=plan) as partner:
        for name, value in partner.environ.items():
            monkeypatch.setenv(name, value)
        farm = sources.read(ROOT / "conf/sources/farm@api.yaml")
        retry = sources.Retry(attempts=50, first_seconds=0.001, cap_seconds=0.01)
        connection = farm.connection.model_copy(
            update={"page_size": 40, "subjects_per_request": 10, "requests_per_second": 1000, "retry": retry}
        )
        by_api = _silver(
            _context(county, spark, tmp_path / "api", farm.model_copy(update={"connection": connection})), "farm"
        )
    assert by_api == by_file
    assert partner.limit.impatient == 0


@pytest.mark.further
@pytest.mark.skipif(not postgresql.is_installed(), reason="PostgreSQL isn't installed (Debian: apt install postgresql)")
def test_database_and_files_end_in_the_same_silver(county, spark, tmp_path, monkeypatch):
    by_file = _context(county, spark, tmp_path / "files")
    bank = sources.read(ROOT / "conf/sources/bank@postgres.yaml")
    by_database = _context(county, spark, tmp_path / "database", bank)
    with postgres.running(tmp_path / "postgres") as server:
        server.load(tables(by_file.workspace))
        monkeypatch.setenv("FIELDSTONE_BANK_URL", server.url())
        assert _silver(by_database, "bank") == _silver(by_file, "bank")
