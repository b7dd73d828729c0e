"""A refusal and what people decide of it, killed (SIGKILL) at any moment, end as if nothing had happened."""

import random

import pytest
from deltalake import DeltaTable

from sandbox.county.generator import generate
from tests.integration.moving import copied
from tests.integration.processes import Place
from tests.integration.test_faults import content

_NOT_COMPARED = ("audit__trail", "audit__seals")  # a decision that was killed may be noted twice


@pytest.fixture(scope="module")
def county(tmp_path_factory, spark):
    """A county of a few households with a delivery of houses that is refused, and a state folder with its consents."""
    folder = tmp_path_factory.mktemp("refused")
    generate(spark, folder, households=30, months=12, seed=3, defect_share=0.05)
    for path in folder.glob("landing/housing/rural_house/*.json"):
        path.unlink()  # the manifest, which would wait for the file as it was
    for path in folder.glob("landing/housing/rural_house/*.csv"):
        header, *lines = path.read_text(encoding="gb18030").splitlines()
        spoilt = header.split(",").index("floor_area_m2")
        cells = [line.split(",") for line in lines]
        rows = [",".join([*c[:spoilt], "x" if n % 2 else c[spoilt], *c[spoilt + 1 :]]) for n, c in enumerate(cells)]
        path.write_text("\n".join([header, *rows, ""]), encoding="gb18030")
    consents = Place(folder, "consents", "consent")
    assert consents.run() == 0, consents.output
    return folder


def fresh(county, name: str, origin: str = "consents", *commands: tuple[str, ...]) -> Place:
    """A place like another one."""
    copied(county / origin, county / name)
    return Place(county, name, commands=commands)


@pytest.fixture(scope="module")
def stands(county) -> str:
    """A batch that stands refused, in the place of that name."""
    place = fresh(county, "stands")
    assert place.run() == 3  # refused
    assert "is over max_failure_share" in place.output
    ledger = DeltaTable(str(place.home / "lake" / "audit__refusals")).to_pyarrow_table().to_pylist()
    return ledger[0]["batch_id"]


def compared(place: Place, spark) -> dict[str, str]:
    return {table: rows for table, rows in content(place, spark).items() if table not in _NOT_COMPARED}


@pytest.mark.parametrize("seed", range(4))
def test_a_refusal_that_was_killed_at_any_moment_ends_the_same(county, spark, stands, seed):
    place, draw = fresh(county, f"killed-{seed}"), random.Random(seed)
    place.changes(kill_after=draw.randint(1, 120))
    place.run()
    assert place.run() == 0, place.output
    assert not list(place.home.glob("staging/*"))
    assert compared(place, spark) == compared(Place(county, "stands"), spark)


@pytest.mark.further
@pytest.mark.parametrize("verb", ["accept", "drop"])
def test_a_decision_that_was_killed_at_any_moment_ends_the_same_when_it_is_said_again(county, spark, stands, verb):
    words = ("batches", verb, stands, "--who", "Ruth", "--why", "the partner told us")
    whole = fresh(county, f"whole-{verb}", "stands", words)
    changes = whole.changes()
    assert "batches: " in whole.output, whole.output
    for seed in range(3):
        place = fresh(county, f"killed-{verb}-{seed}", "stands", words)
        place.changes(kill_after=random.Random(seed).randint(1, changes))
        assert place.run() == 0, place.output
        assert compared(place, spark) == compared(whole, spark), f"killed with seed {seed}"
