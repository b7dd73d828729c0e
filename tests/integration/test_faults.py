"""Ingest and refine killed (SIGKILL) at any moment, racing, or on a full disk: in the end the tables are as ever."""

import os
import random
from dataclasses import replace

import pytest
from deltalake import DeltaTable

from conf.schema.workspace import load
from lake.fingerprints import fingerprint
from lake.tables import Lake
from sandbox.county.generator import generate
from tests.integration.moving import copied
from tests.integration.processes import FORKED, Place

# `make nightly SEEDS=…`: numbers such as `7` and `0-99`
SEEDS = os.environ.get("FIELDSTONE_SEEDS") or "0-9"


def _seeds(text: str) -> list[int]:
    bounds = [word.partition("-") for word in text.split()]
    return [seed for first, _, last in bounds for seed in range(int(first), int(last or first) + 1)]


@pytest.fixture(scope="module")
def county(tmp_path_factory, spark):
    """A county of a few households, and a state folder with their consents."""
    folder = tmp_path_factory.mktemp("faults")
    generate(spark, folder, households=30, months=12, seed=3, defect_share=0.05)
    consents = Place(folder, "consents", "consent")
    assert consents.run() == 0, consents.output
    return folder


def fresh(county, name: str) -> Place:
    """A place where nothing but the consents is there yet."""
    place = Place(county, name)
    copied(county / "consents", place.home)
    return place


@pytest.fixture(scope="module")
def undisturbed(county, spark) -> tuple[dict[str, str], int]:
    """Content of all tables after a run that nothing disturbs, and how many changes of files it took."""
    place = fresh(county, "undisturbed")
    count = place.changes()
    return content(place, spark), count


def content(place: Place, spark) -> dict[str, str]:
    """Fingerprint of every table: bronze, silver, quarantine, vault and ledger; rows of two without when they came."""
    workspace = load()
    lake = Lake(replace(workspace, settings=workspace.settings.model_copy(update={"home": place.home})))
    vars(lake)["spark"] = spark  # one session for all tests
    say_when = {"audit__runs": ("job", "fingerprint", "as_of", "details"), "vault__pseudonym": ("check_value",)}
    records = {
        table: "\n".join(
            sorted(str([row[c] for c in columns]) for row in lake.records(table) if not _tells_its_end(row))
        )
        for table, columns in say_when.items()
    }
    return records | {table: fingerprint(lake, table) for table in lake.tables() if table not in say_when}


def _tells_its_end(row: dict) -> bool:
    """Whether a row of `audit__runs` says how taking in a source ended, which is a failure in a run that is killed."""
    return row.get("job", "").startswith("ingest-")


def finish(place: Place) -> None:
    """Run it once more, to its end; nothing is left over."""
    assert place.run() == 0, place.output
    assert not list(place.home.glob("staging/*"))
    for table in place.home.glob("lake/bronze_*"):
        assert {str(file) for file in table.glob("_batch_id=*/*")} == {*DeltaTable(str(table)).file_uris()}
    for table in place.home.glob("lake/silver_*"):
        batches = {partition["_batch_id"] for partition in DeltaTable(str(table)).partitions()}
        assert {folder.name for folder in table.glob("_batch_id=*")} == {f"_batch_id={batch}" for batch in batches}


def test_there_is_something_to_lose(undisturbed):
    tables, changes = undisturbed
    assert changes > 50
    assert all(
        int(tables[table].partition("-")[0]) > 0
        for table in (
            "silver_consent__grant",
            "silver_housing__rural_house",
            "quarantine_housing__rural_house",
            "vault__keys",
            "vault__identities",
        )
    )


@pytest.mark.parametrize("seed", _seeds(SEEDS))
def test_killed_at_any_moment(county, spark, undisturbed, seed):
    draw, place = random.Random(seed), fresh(county, f"killed-{seed}")
    tables, changes = undisturbed
    moments = [draw.randint(1, changes) for _ in range(draw.randint(1, 2))]
    for moment in moments:
        place.changes(kill_after=moment)
    finish(place)
    assert content(place, spark) == tables, f"killed after {moments} changes; again: make nightly SEEDS={seed}"


@pytest.mark.further
@pytest.mark.parametrize("number", range(2))
def test_two_runs_racing(county, spark, undisturbed, number):
    place, start = fresh(county, f"racing-{number}"), FORKED.Event()
    racing = [place.start(start) for _ in range(2)]
    start.set()
    for process in racing:
        process.join()
    refused = [process for process in racing if process.exitcode]
    assert place.output.count("another run is writing") == len(refused), place.output
    finish(place)
    assert content(place, spark) == undisturbed[0]


@pytest.mark.further
def test_a_disk_that_is_full_again_and_again(county, spark, undisturbed):
    place, room = fresh(county, "full"), 1000
    while place.run(file_bytes=room):
        assert "stopped by the system: File too large" in place.output.splitlines()[-1]
        room = room * 3 // 2
    full = [line for line in place.output.splitlines() if "stopped by the system" in line]
    assert {line.partition(":")[0] for line in full} == {"fieldstone ingest", "fieldstone refine"}
    finish(place)
    assert content(place, spark) == undisturbed[0]
