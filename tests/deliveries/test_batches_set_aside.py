"""A batch that can't pass is set aside with its reason, and whatever comes after it goes on."""

import json
import re
import shutil
from pathlib import Path

import pytest

from conf.schema.errors import REFUSED
from tests.deliveries.conftest import HERE, Site

CASE = "06-a-stopped-batch-stops-all-later-ones"
DAYS = [f"2026-01-{day:02d}T00:00:00Z" for day in range(1, 10)]
BY = ("--who", "Ruth", "--why", "the partner told us")


def rows(first: int, bad: int = 0, count: int = 5) -> str:
    """A file of which the first rows have no number where one belongs."""
    lines = [f"A{first + n},2024-01-05,{'x' if n < bad else n}" for n in range(count)]
    return "\n".join(["code,day,n", *lines, ""])


@pytest.fixture
def gbk(site, tmp_path) -> Site:
    """A site whose table `gbk` allows a fifth of a batch to fail, by declarations that may be changed."""
    shutil.copytree(HERE / "cases" / CASE / "workspace", tmp_path / "own")
    site.workspace = tmp_path / "own"
    return site


def send(site: Site, name: str, content: str, day: int):
    site.deliver(f"probe/gbk/{name}.csv", content)
    return site.take_in("probe", as_of=DAYS[day])


def refused(site: Site) -> list[str]:
    """Ids of the batches that stand refused."""
    return re.findall(r"^probe__\w+  (\w+)  ", site.run("batches", "list").out, re.MULTILINE)


def loosened(site: Site) -> None:
    path = Path(site.workspace) / "conf/contracts/probe/gbk.yaml"
    path.write_text(path.read_text().replace("max_failure_share: 0.2", "max_failure_share: 1.0"))


def codes(site: Site) -> list[str]:
    return site.silver("probe__gbk", "code")


def test_the_case_ends_as_expected(site):
    site.case(CASE)
    ingest, refine = site.take_in("probe")
    assert (ingest.code, refine.code) == (0, REFUSED)
    assert "share of failing rows 100.0% is over max_failure_share 20%" in refine.err
    assert "fieldstone batches drop|retry|accept BATCH --who NAME --why TEXT" in refine.err
    ingest, refine = site.case(CASE, "late").take_in("probe", as_of=DAYS[1])
    assert (ingest.code, refine.code) == (0, 0), ingest.text + refine.text
    assert site.silver("probe__gbk", "code", "n") == [(f"A{n}", n) for n in range(5)]
    listed = site.run("batches", "list")
    assert "batches: 1 stand refused" in listed.out
    assert "BAD_TYPE 5" in listed.out
    assert "5 rows" in listed.out


@pytest.mark.further
def test_what_stands_refused_is_no_error_again_and_is_mentioned(gbk):
    send(gbk, "a", rows(0, bad=5), 0)
    again = gbk.run("refine", "probe", as_of=DAYS[1])
    assert again.code == 0, again.err
    assert "refine probe__gbk: nothing new; batches stand refused: fieldstone batches list" in again.out


@pytest.mark.further
def test_two_refused_batches_and_a_good_one_in_one_run(gbk):
    for day, (name, bad) in enumerate([("a", 5), ("b", 0), ("c", 3)]):
        gbk.deliver(f"probe/gbk/{name}.csv", rows(10 * day, bad))
        assert gbk.run("ingest", "probe", as_of=DAYS[day]).code == 0
    refine = gbk.run("refine", "probe", as_of=DAYS[4])
    assert refine.code == REFUSED
    assert refine.err.count("share of failing rows") == 2
    assert codes(gbk) == [f"A{n}" for n in range(10, 15)]
    assert len(refused(gbk)) == 2


@pytest.mark.further
def test_later_tables_of_the_source_go_on(gbk):
    gbk.deliver("probe/csv/a.csv", rows(0))
    gbk.deliver("probe/xl/unused.txt", "")
    _, refine = send(gbk, "a", rows(0, bad=5), 0)
    assert refine.code == REFUSED
    assert len(gbk.silver("probe__csv")) == 5


def test_an_accepted_batch_goes_in_without_its_bad_rows(gbk):
    send(gbk, "a", rows(0, bad=2), 0)
    (batch,) = refused(gbk)
    accepted = gbk.run("batches", "accept", batch, *BY, as_of=DAYS[2])
    assert accepted.code == 0, accepted.err
    assert codes(gbk) == ["A2", "A3", "A4"]
    assert gbk.quarantined("probe__gbk") == {"BAD_TYPE": 2}
    assert refused(gbk) == []
    again = gbk.run("batches", "accept", batch, *BY, as_of=DAYS[3])
    assert (again.code, codes(gbk)) == (0, ["A2", "A3", "A4"])
    shown = json.loads(gbk.run("audit", "show", "--json", "--action", "batches accept").out)
    assert [entry["actor"] for entry in shown] == ["Ruth"]
    dropped = gbk.run("batches", "drop", batch, *BY, as_of=DAYS[3])
    assert dropped.code == 1
    assert "has been ingested since (accept)" in dropped.err


@pytest.mark.further
def test_a_retry_is_one_attempt_and_passes_once_the_contract_allows_it(gbk):
    send(gbk, "a", rows(0, bad=2), 0)
    (batch,) = refused(gbk)
    tried = gbk.run("batches", "retry", batch, *BY, as_of=DAYS[1])
    assert tried.code == REFUSED
    assert "share of failing rows 40.0%" in tried.err
    assert refused(gbk) == [batch]
    assert gbk.run("refine", "probe", as_of=DAYS[2]).code == 0
    loosened(gbk)
    assert gbk.run("refine", "probe", as_of=DAYS[2]).code == 0
    assert codes(gbk) == []  # a changed contract alone lets nothing in
    assert gbk.run("batches", "retry", batch, *BY, as_of=DAYS[3]).code == 0
    assert codes(gbk) == ["A2", "A3", "A4"]
    output = gbk.run("batches", "list", "--all").out
    assert re.findall(r"^    (\w+)", output, re.MULTILINE) == ["refuse", "retry", "refuse", "retry"]
    assert "retry by Ruth at 2026-01-04 00:00 UTC: the partner told us" in output


def test_a_dropped_batch_leaves_nothing_but_who_why_and_counts_and_its_file_stays_known(gbk):
    content = rows(0, bad=5) + "A9,torn\n"
    send(gbk, "a", content, 0)
    (batch,) = refused(gbk)
    assert gbk.quarantined("probe__gbk") == {"RAGGED_ROW": 1}
    dropped = gbk.run("batches", "drop", batch, *BY, as_of=DAYS[1])
    assert dropped.code == 0, dropped.err
    assert "5 rows of bronze_probe__gbk" in dropped.out
    for layer in ("bronze", "quarantine"):
        assert not gbk._rows(f"{layer}_probe__gbk")
        assert not list((gbk.home / "lake" / f"{layer}_probe__gbk").glob("_batch_id=*/*.parquet"))
    assert '"quarantine_probe__gbk": 1' in gbk.run("audit", "show", "--json").out
    send(gbk, "again", content, 2)
    assert gbk.run("batches", "drop", batch, *BY, as_of=DAYS[3]).code == 0
    assert "batches drop" in gbk.run("audit", "show").out
    _, refine = send(gbk, "b", rows(0), 4)
    assert refine.code == 0, refine.err
    assert codes(gbk) == ["A0", "A1", "A2", "A3", "A4"]
    for verb in ("accept", "retry"):
        after = gbk.run("batches", verb, batch, *BY, as_of=DAYS[5])
        assert after.code == 1
        assert "was dropped for good; have the partner send it again" in after.err


@pytest.mark.further
def test_rows_that_the_door_turned_away_count_too_and_may_be_accepted(gbk):
    gbk.deliver("probe/gbk/a.csv", rows(0) + "A9,torn\n" * 5)
    _, refine = gbk.take_in("probe")
    assert "share of rows rejected at admission 50.0%" in refine.err
    (batch,) = refused(gbk)
    assert gbk.run("batches", "accept", batch, *BY).code == 0
    assert len(codes(gbk)) == 5


@pytest.mark.further
def test_an_empty_file_holds_nothing_behind_it(gbk):
    _, refine = send(gbk, "a", "code,day,n\n", 0)
    assert refine.code == 0, refine.err
    _, refine = send(gbk, "b", rows(0), 1)
    assert (refine.code, len(codes(gbk)), refused(gbk)) == (0, 5, [])


def test_a_batch_that_was_never_refused_can_not_be_decided_of(gbk):
    for verb in ("accept", "retry", "drop"):
        refusal = gbk.run("batches", verb, "0123456789abcdef", *BY)
        assert refusal.code == 1
        assert "no batch 0123456789abcdef was refused; fieldstone batches list shows those that were" in refusal.err


def test_nothing_stands_refused_in_a_new_lake(gbk):
    assert gbk.run("batches", "list").out == "batches: 0 stand refused\n"
