"""Every file in an asset's folder is read, or named as left alone with the reason; a bad one is refused alone."""

import gzip
import os

import pytest

from conf.schema.errors import REFUSED
from conf.schema.workspace import load
from lake import refusals
from lake.tables import Lake

HEADER = "code,acct,remark,day,n,amount_cny,big,ratio,closed_at,flag\n"
TABLE = "probe__csv"


def row(code: str) -> str:
    return f"{code},6228481234567890123,good,2024-01-05,3,1.50,,0.5,,true\n"


def csv(*codes: str) -> str:
    return HEADER + "".join(map(row, codes))


@pytest.fixture
def codes(site):
    """Ingests and refines; the codes that are in silver then."""

    def taken() -> list[str]:
        site.take_in("probe")
        return site.silver(TABLE, "code")

    return taken


def standing(site) -> list:
    lake = Lake(load(site.workspace))
    return [*refusals.standing(lake, TABLE).values()]


def test_the_case_of_files_that_nobody_mentions(site):
    site.case("09-files-that-nobody-mentions")
    first, _ = site.take_in("probe")
    assert first.code == REFUSED
    assert "c.csv.gz can't be unpacked: it isn't a complete archive" in first.err
    assert "a.csv has 1 rows, and its manifest says 2" in first.err
    assert site.silver(TABLE, "code") == ["B1", "D1", "E1"]
    again = site.run("ingest", "probe")
    assert (again.code, f"ingest {TABLE}: nothing new" in again.out) == (0, True)
    assert "2 earlier batches or files stand refused (fieldstone batches list)" in again.out


NAMES = [
    *("A.CSV", "b.Csv", "a b.csv", "a'\"b.csv", "a\nb.csv", "a.csv ", "种植.csv", "e\u0301.csv", "_a.csv"),
    *("2024/01/05/a.csv", "dt=2024-01-05/part-00000-1.csv", "f.csv/part-00000", "g.CSV/b/part-0", "x.csv/y.csv"),
]


@pytest.mark.further
def test_files_of_any_name_and_in_any_folder_are_read(site, codes):
    for n, name in enumerate(NAMES):
        site.deliver(f"probe/csv/{name}", csv(f"A{n:02d}"))
    assert codes() == [f"A{n:02d}" for n in range(len(NAMES))]


@pytest.mark.further
def test_a_name_that_is_no_utf_8_is_read(site, codes):
    site.deliver("probe/csv/x", "").unlink()
    (site.landing / "probe/csv" / os.fsdecode("种植.csv".encode("gb18030"))).write_text(csv("A1"))
    assert codes() == ["A1"]


LEFT_ALONE = {
    "still being written": (
        *("b.csv.part", "b.csv.TMP", "~$b.csv", ".b.csv", "b.tmp/a.csv", "d.csv/_temporary/0/part-00000.csv"),
    ),
    "not named as files of this asset are": ("b.txt", "b", "b.csv.bak", ".DS_Store", "b.tar"),
    "in folders that are hidden": ("__MACOSX/b.csv",),
    "of a Delta or Hudi table": ("t.csv/_delta_log/0.json",),
}


@pytest.mark.parametrize("why", LEFT_ALONE)
def test_what_is_left_alone_is_named_each_time(site, codes, why):
    site.deliver("probe/csv/a.csv", csv("A1"))
    for name in LEFT_ALONE[why]:
        site.deliver(f"probe/csv/{name}", csv("B1"))
    assert codes() == ["A1"]
    for _ in range(2):
        again = site.run("ingest", "probe")
        assert again.code == 0
        assert f"files are left alone: {len(LEFT_ALONE[why])} {why}" in again.out
        assert all(f"probe/csv/{name}" in again.out for name in LEFT_ALONE[why])


@pytest.mark.further
def test_files_of_spark_are_read_without_what_it_keeps_beside_them(site, codes):
    for name in ("part-00000-1-c000.csv", "part-00001-1-c000.csv"):
        site.deliver(f"probe/csv/d.csv/{name}", csv(name[9:10] + "A"))
        site.deliver(f"probe/csv/d.csv/.{name}.crc", b"crc")
    site.deliver("probe/csv/d.csv/_SUCCESS", "")
    assert codes() == ["0A", "1A"]
    assert "3 not named as files of this asset are" in site.run("ingest", "probe").out


def test_links_are_followed_to_files_of_the_landing_zone_only(site, codes, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text(csv("X1"))
    real = site.deliver("other/real.csv", csv("A1"))
    folder = site.deliver("probe/csv/x", "").parent
    (folder / "x").unlink()
    (folder / "a.csv").symlink_to(real)
    (folder / "b.csv").symlink_to(outside)
    (folder / "c.csv").symlink_to(folder / "c.csv")
    (folder / "d").symlink_to(folder)
    os.mkfifo(folder / "e.csv")
    assert codes() == ["A1"]
    again = site.run("ingest", "probe").out
    assert "3 links to a folder, out of the landing zone or to nowhere" in again
    assert "1 no regular files" in again


BAD = {
    "empty": b"",
    "no required column": b"code,acct\nA1,1\n",
    "columns twice": b"code,day,day\nA1,2024-01-05,2024-01-05\n",
    "no text": "code,种\n".encode("utf-16"),
    "a truncated archive": gzip.compress(csv("A9").encode())[:-5],
}


@pytest.mark.further
@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_alone_once_and_a_corrected_one_comes_in(site, codes, content):
    name = "probe/csv/b.csv.gz" if content.startswith(b"\x1f\x8b") else "probe/csv/b.csv"
    site.deliver("probe/csv/a.csv", csv("A1"))
    site.deliver(name, content)
    site.deliver("probe/jl/a.jsonl", '{"code": "J1", "day": "2024-01-05"}\n')
    first = site.run("ingest", "probe")
    assert (first.code, name in first.err) == (REFUSED, True)
    (refused,) = standing(site)
    assert (refused.stage, refused.stands, "/b.csv" in refused.reason) == ("ingest", True, False)
    assert codes() == ["A1"]
    assert site.run("ingest", "probe").code == 0
    site.deliver(name, gzip.compress(csv("B1").encode()) if name.endswith("gz") else csv("B1"))
    assert codes() == ["A1", "B1"]
    assert site.silver("probe__jl", "code") == ["J1"]


@pytest.mark.further
def test_a_refused_file_comes_in_once_it_is_retried_and_holds(site, codes):
    """As when the contract, or the settings of the asset, were what was wrong."""
    site.deliver("probe/csv/a.csv", "code;day\nA1;2024-01-05\n")
    assert site.run("ingest", "probe").code == REFUSED
    folder = site.folder / "workspace/conf"
    (folder / "sources").mkdir(parents=True)
    (folder / "contracts").symlink_to(site.workspace / "conf/contracts")
    stated = (site.workspace / "conf/sources/probe.yaml").read_text()
    (folder / "sources/probe.yaml").write_text(
        stated.replace("csv: {format: csv,", 'csv: {format: csv, delimiter: ";",')
    )
    (refused,) = standing(site)
    site.workspace = folder.parent
    assert codes() == []
    assert site.run("batches", "retry", refused.batch_id, "--who", "Olga", "--why", "delimiter").code == 0
    assert codes() == ["A1"]
    assert not standing(site)


def test_what_the_system_does_not_give_is_an_error_each_time_and_holds_up_nothing(site, codes):
    site.deliver("probe/csv/a.csv", csv("A1"))
    hidden = site.deliver("probe/csv/d/b.csv", csv("B1")).parent
    hidden.chmod(0)
    if os.access(hidden, os.R_OK):
        pytest.skip("this user may read everything")
    assert codes() == ["A1"]
    ran = site.run("ingest", "probe")
    assert (ran.code, "probe/csv/d can't be read: Permission denied" in ran.err) == (1, True)
