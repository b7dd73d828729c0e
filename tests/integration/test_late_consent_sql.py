"""Who consents late gets the rows of a partner's database that were read before."""

from dataclasses import replace

import pytest

from conf.schema.source import Source
from lake import raw_access
from pipeline import refine
from pipeline.ingest import run as ingest
from pipeline.ingest.database import ranges
from pipeline.machine import postgresql
from sandbox.partners import postgres
from tests.integration.landing import contract_numbers, grant, person, transfer, write_jsonl

ANN, BEN = person(1), person(2)
TABLE, URL = "farm__land_transfer", "FIELDSTONE_FARM_URL"
TYPES = {
    "area_mu": "numeric", "rent_cny_mu_year": "numeric", "is_registered": "boolean", "published_at": "timestamptz",
    "signed_date": "date", "valid_from_date": "date", "valid_to_date": "date",
}  # fmt: skip

pytestmark = pytest.mark.skipif(
    not postgresql.is_installed(), reason="PostgreSQL isn't installed (Debian: apt install postgresql)"
)


def insert(number: int, subject: str, day: int) -> str:
    row = transfer(subject, number) | {"published_at": f"2025-03-{day:02d}T00:00:00Z"}
    return f"INSERT INTO core.land ({', '.join(row)}) VALUES ({', '.join(repr(value) for value in row.values())})"


@pytest.fixture
def farm(tmp_path_factory, context, monkeypatch):
    """Ann has consented; the farm platform is a database that knows her and Ben."""
    with postgres.running(tmp_path_factory.mktemp("postgres")) as server:
        columns = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in transfer(ANN))
        server.execute(f"CREATE TABLE core.land ({columns})")
        monkeypatch.setenv(URL, server.url())
        source = Source.model_validate(
            {
                "name": "farm",
                "title": {"en": "Farm", "zh": "农业"},
                "connection": {"kind": "database", "url_env": URL, "parallel": 2},
                "assets": {"land_transfer": {"table": "core.land", "watermark": "published_at"}},
            }
        )
        workspace = replace(context.workspace, sources=context.workspace.sources | {"farm": source})
        yield server, replace(context, workspace=workspace)


def consents(context, *people: str) -> None:
    """Take in what people sign."""
    name = f"consent/grant/{'-'.join(people)}.jsonl"
    write_jsonl(context.workspace.settings.landing / name, [grant(each, int(each[-4:-1])) for each in people])
    for job in (ingest, refine):
        job.run(context, "consent")


def in_silver(context) -> list[str]:
    """Take the farm's rows in; the contract numbers that silver holds."""
    for job in (ingest, refine):
        job.run(context, "farm")
    rows = raw_access.rows(context.lake, f"silver_{TABLE}").select("contract_no").collect()
    return [number[-2:] for number in contract_numbers(context, (row["contract_no"] for row in rows))]


@pytest.mark.further
def test_who_consents_late_gets_the_rows_that_were_read_before_once(farm, monkeypatch):
    server, context = farm
    server.execute(insert(1, ANN, 1), insert(2, BEN, 2), insert(3, BEN, 3))
    consents(context, ANN)
    assert in_silver(context) == ["01"]
    consents(context, BEN)
    server.execute(insert(4, BEN, 20), insert(5, ANN, 21))
    assert in_silver(context) == ["01", "02", "03", "04", "05"]
    read = []
    again = ranges.again
    monkeypatch.setattr(ranges, "again", lambda *arguments: read.append(arguments) or again(*arguments))
    server.execute(insert(6, BEN, 28))
    assert in_silver(context) == ["01", "02", "03", "04", "05", "06"]
    assert not read


@pytest.mark.further
def test_what_late_consent_has_brought_does_not_come_twice_with_a_late_commit(farm):
    server, context = farm
    server.execute(insert(1, ANN, 1), insert(2, BEN, 10), insert(3, ANN, 25))
    for who, number in ((ANN, 2), (BEN, 3)):
        consents(context, who)
        assert len(in_silver(context)) == number
    server.execute(insert(4, BEN, 10))
    assert len(in_silver(context)) == 4
    assert raw_access.rows(context.lake, f"bronze_{TABLE}").count() == 4
