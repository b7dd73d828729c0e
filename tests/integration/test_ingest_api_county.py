"""The sandbox county through the partner API, faults included, ends in the same silver as through files."""

from dataclasses import replace

import pytest

from conf import source as sources
from conf.contract import Purpose
from conf.workspace import ROOT, load
from jobs import refine
from jobs.context import Context
from jobs.ingest import run as ingest
from sandbox import partner_records
from sandbox.county import generate
from sandbox.faults import KINDS, FaultPlan
from sandbox.partner_api import running

TABLES = ("farm__household_membership", "farm__planting", "farm__breeding", "farm__land_transfer")


@pytest.fixture(scope="module")
def county(tmp_path_factory, spark):
    folder = tmp_path_factory.mktemp("county")
    return folder, generate(spark, folder, households=40, months=12, seed=5, dirt=0.02)


def _silver(county, spark, home, farm):
    """Silver of the farm tables, without what tells the way they came."""
    folder, made = county
    workspace = load()
    settings = workspace.settings.model_copy(update={"home": home, "landing": folder / "landing", "as_of": made.as_of})
    context = Context(
        replace(workspace, settings=settings, sources=workspace.sources | {"farm": farm}), as_of=made.as_of
    )
    vars(context.lake)["spark"] = spark  # one session for all tests
    for name in ("consent", "farm"):
        for job in (ingest, refine):
            job.run(context, name)
    found = {}
    for table in TABLES:
        contract = workspace.contract(table)
        rows = context.lake.read(contract.named("silver"), purpose=Purpose.CREDIT_ASSESSMENT, as_of=made.as_of)
        columns = [*contract.stored, "consent_id", "event_time", "known_at"]
        # the two lakes have keys of their own, so a subject is told by its consent
        found[table] = sorted(map(repr, rows.select(*columns).collect()))
    return found


def test_api_and_files_end_in_the_same_silver(county, spark, tmp_path, monkeypatch):
    folder, made = county
    by_file = _silver(county, spark, tmp_path / "files", sources.read(ROOT / "conf/sources/farm.yaml"))
    held = partner_records.load(load(), folder / "landing", ["farm"], made.as_of)
    plan = FaultPlan(share=0.1, seed=4, kinds=tuple(k for k in KINDS if k != "slow"), retry_after="0.01")
    with running(held, tmp_path / "partner", plan=plan) as partner:
        for name, value in partner.environ.items():
            monkeypatch.setenv(name, value)
        farm = sources.read(ROOT / "conf/sources/farm@api.yaml")
        retry = sources.Retry(attempts=50, first_seconds=0.001, cap_seconds=0.01)
        connection = farm.connection.model_copy(
            update={"page_size": 40, "subjects_per_request": 10, "requests_per_second": 1000, "retry": retry}
        )
        by_api = _silver(county, spark, tmp_path / "api", farm.model_copy(update={"connection": connection}))
    assert all(by_file[table] for table in TABLES)
    assert by_api == by_file
    assert partner.limit.impatient == 0
