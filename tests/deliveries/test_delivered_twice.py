"""The same content in several wrappings is read once; a file that was corrected in its place needs no decision."""

import gzip
import io
import zipfile

import pytest

from conf.schema.errors import REFUSED
from conf.schema.workspace import load
from lake import refusals
from lake.tables import Lake

TABLE = "probe__csv"
BY = ("--who", "Olga", "--why", "they sent it again")


def csv(*codes: str) -> str:
    """A file of some rows."""
    return "code,day\n" + "".join(f"{code},2024-01-05\n" for code in codes)


def zipped(**files: str) -> bytes:
    """An archive of files."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return written.getvalue()


A, B = csv("A1", "A2"), csv("B1")
TWICE = {
    "plain and gzip": {"a.csv": A, "a.csv.gz": gzip.compress(A.encode()), "b.csv": B},
    "gzip before plain": {"0.csv.gz": gzip.compress(A.encode()), "a.csv": A, "b.csv": B},
    "plain and zip": {"a.csv": A, "z.zip": zipped(a=A, b=B)},
    "two archives": {"y.zip": zipped(a=A), "z.zip": zipped(a=A, b=B)},
    "gzip and zip": {"a.csv.gz": gzip.compress(A.encode()), "z.zip": zipped(b=B, c=A)},
    "twice in one archive": {"z.zip": zipped(a=A, b=A, c=B)},
}


@pytest.mark.parametrize("name", TWICE)
def test_a_content_is_read_once_in_whatever_wrappings(site, name):
    for file, content in TWICE[name].items():
        site.deliver(f"probe/csv/{file}", content)
    ingest, _ = site.take_in("probe")
    assert (ingest.code, "3 rows in" in ingest.out) == (0, True), ingest.text
    assert site.silver(TABLE, "code") == ["A1", "A2", "B1"]
    assert f"ingest {TABLE}: nothing new" in site.run("ingest", "probe").out


@pytest.mark.further
def test_what_is_good_comes_in_though_the_archive_that_packs_it_too_is_refused(site):
    site.deliver("probe/csv/a.zip", zipped(a=A, b="no,such\n1,2\n"))
    site.deliver("probe/csv/z.csv", A)
    ingest, _ = site.take_in("probe")
    assert (ingest.code, site.silver(TABLE, "code")) == (REFUSED, ["A1", "A2"])


def test_a_refused_file_that_was_corrected_in_its_place_needs_no_decision(site):
    site.deliver("probe/csv/a.csv", "nonsense\n1\n")
    assert site.run("ingest", "probe").code == REFUSED
    (refused,) = refusals.standing(Lake(load(site.workspace)), TABLE)
    site.deliver("probe/csv/a.csv", A)
    retried = site.run("batches", "retry", refused, *BY)
    assert (retried.code, "what has come in its place is taken in" in retried.out) == (0, True), retried.text
    site.run("refine", "probe")
    assert site.silver(TABLE, "code") == ["A1", "A2"]
    assert "batches: 0 stand refused" in site.run("batches", "list").out


@pytest.mark.further
def test_a_refused_file_that_is_gone_with_nothing_in_its_place_is_told(site):
    site.deliver("probe/csv/a.csv", A)
    site.run("ingest", "probe")
    bad = site.deliver("probe/csv/b.csv", "nonsense\n1\n")
    assert site.run("ingest", "probe").code == REFUSED
    (refused,) = refusals.standing(Lake(load(site.workspace)), TABLE)
    bad.unlink()
    site.deliver("probe/csv/c.csv", B)
    retried = site.run("batches", "retry", refused, *BY)
    assert (retried.code, "its file isn't in the landing zone" in retried.err) == (1, True)
