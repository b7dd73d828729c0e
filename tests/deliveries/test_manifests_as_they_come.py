"""Manifests: harmless variants are accepted, mistakes are named and not quoted, a delivery is whole or not at all."""

import hashlib
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.schema.errors import REFUSED
from pipeline.ingest.files import manifest

HEADER = "code,acct,remark,day,n,amount_cny,big,ratio,closed_at,flag\n"
TABLE = "probe__csv"
ID = "500102199001011239"
AN_HOUR = 3600


def csv(*codes: str) -> str:
    return HEADER + "".join(f"{code},,good,2024-01-05,3,1.50,,0.5,,true\n" for code in codes)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def listed(name: str, text: str, **more) -> dict:
    return {"name": name, "sha256": sha256(text)} | more


def written(*files: dict, **more) -> str:
    return json.dumps({"files": files, **more}, ensure_ascii=False)


A = csv("A1")
VARIANTS = {
    "upper case": ("manifest.json", "a.csv", written(listed("a.csv", A) | {"sha256": sha256(A).upper()})),
    "byte order mark": ("manifest.json", "a.csv", "\ufeff" + written(listed("a.csv", A, rows=1))),
    "rows are null": ("manifest.json", "a.csv", written(listed("a.csv", A, rows=None))),
    "no rows": ("manifest.json", "a.csv", written(listed("a.csv", A))),
    "blanks": ("manifest.json", "a.csv", written({"name": " a.csv ", "sha256": f" {sha256(A)}\n", "rows": 1})),
    "more fields": ("manifest.json", "a.csv", written(listed("a.csv", A, rows=1, size=9, note=None), sent_by="x")),
    "a name in capitals": ("MANIFEST.JSON", "a.csv", written(listed("a.csv", A, rows=1))),
    "another ending before it": ("2024.Manifest.Json", "a.csv", written(listed("a.csv", A, rows=1))),
    "composed, and not": ("manifest.json", "e\u0301.csv", written(listed("\u00e9.csv", A, rows=1))),
    "not composed, and composed": ("manifest.json", "\u00e9.csv", written(listed("e\u0301.csv", A, rows=1))),
    "a folder below": ("manifest.json", "d/a.csv", written(listed("d/a.csv", A, rows=1))),
    "a dot before": ("manifest.json", "a.csv", written(listed("./a.csv", A, rows=1))),
    "above the folder": ("../manifest.json", "a.csv", written(listed("csv/a.csv", A, rows=1), listed("jl/b.jsonl", A))),
    "of other assets too": ("manifest.json", "a.csv", written(listed("a.csv", A, rows=1), listed("b.parquet", A))),
}


@pytest.mark.further
@pytest.mark.parametrize(("name", "file", "content"), VARIANTS.values(), ids=VARIANTS)
def test_harmless_variants_are_accepted(site, name, file, content):
    site.workspace = _required(site)
    site.deliver(f"probe/csv/{file}", A)
    site.deliver(f"probe/csv/{name}", content)
    first, _ = site.take_in("probe")
    assert site.silver(TABLE, "code") == ["A1"], first.text


def _required(site):
    """The probe's workspace, but with manifests that are required."""
    folder = site.folder / "workspace"
    (folder / "conf/sources").mkdir(parents=True)
    for part in (site.workspace / "conf").iterdir():
        if part.name != "sources":
            (folder / "conf" / part.name).symlink_to(part)
    stated = (site.workspace / "conf/sources/probe.yaml").read_text()
    (folder / "conf/sources/probe.yaml").write_text(f"connection: {{kind: files, manifest: required}}\n{stated}")
    return folder


MISTAKES = {
    "a name twice": ([listed("a.csv", A), listed("a.csv", A)], "files: a name is listed twice"),
    "a name twice in two forms": ([listed("\u00e9", A), listed("e\u0301", A)], "files: a name is listed twice"),
    "an absolute way": ([listed(f"/{ID}/a.csv", A)], "files.0.name: no name of a file beside or below"),
    "a way up": ([listed("b.csv", A), listed(f"../{ID}.csv", A)], "files.1.name: no name of a file beside or below"),
    "a way of Windows": ([listed(f"x\\{ID}.csv", A)], "files.0.name: no name of a file beside or below"),
    "no name": ([listed("", A)], "files.0.name: no name of a file beside or below"),
    "a name with control characters": ([listed("a\0.csv", A)], "files.0.name: no name of a file beside or below"),
    "a name that is a number": ([{"name": int(ID), "sha256": sha256(A)}], "files.0.name: Input should be a valid str"),
    "rows as text": ([listed("a.csv", A, rows="1")], "files.0.rows: Input should be a valid integer"),
    "rows as a fraction": ([listed("a.csv", A, rows=1.5)], "files.0.rows: Input should be a valid integer"),
    "fewer than no rows": ([listed("a.csv", A, rows=-1)], "files.0.rows: Input should be greater than or equal to 0"),
    "a short hash": ([{"name": "a.csv", "sha256": ID}], "files.0.sha256: not 64 hexadecimal digits"),
    "no hash": ([{"name": "a.csv"}], "files.0.sha256: Field required"),
    "many mistakes": ([{}] * 9, "and 13 more"),
}


@pytest.mark.parametrize(("files", "why"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_named_and_hold_up_nothing_else(site, files, why):
    site.deliver("probe/csv/bad/x.manifest.json", written(*files))
    site.deliver("probe/csv/bad/a.csv", csv("X1"))
    site.deliver("probe/csv/good/manifest.json", written(listed("a.csv", A, rows=1)))
    site.deliver("probe/csv/good/a.csv", A)
    for _ in range(2):
        ran = site.run("ingest", "probe")
        assert (ran.code, ID in ran.text) == (1, False)
        assert why in ran.err
        assert "1 beside a manifest that doesn't hold" in ran.out
    site.run("refine", "probe")
    assert site.silver(TABLE, "code") == ["A1"]


def test_one_bad_file_of_a_delivery_holds_up_the_delivery_and_nothing_else(site):
    good, bad, other = csv("G1"), csv("B1", "B2"), csv("O1")
    for name, text in {"d/good.csv": good, "d/bad.csv": bad, "other.csv": other}.items():
        site.deliver(f"probe/csv/{name}", text)
    site.deliver("probe/csv/d/manifest.json", written(listed("good.csv", good, rows=1), listed("bad.csv", bad, rows=3)))
    first, _ = site.take_in("probe")
    assert first.code == REFUSED
    assert "probe/csv/d/bad.csv has 2 rows, and its manifest says 3" in first.err
    assert "1 more files of the same delivery wait" in first.err
    assert site.silver(TABLE, "code") == ["O1"]
    again = site.run("ingest", "probe")
    assert (again.code, "1 of a delivery with a file that stands refused" in again.out) == (0, True)
    site.deliver("probe/csv/d/bad.csv", csv("B1", "B2", "B3"))
    corrected = listed("bad.csv", csv("B1", "B2", "B3"), rows=3)
    site.deliver("probe/csv/d/manifest.json", written(listed("good.csv", good, rows=1), corrected))
    assert site.take_in("probe")[0].code == 0
    assert site.silver(TABLE, "code") == ["B1", "B2", "B3", "G1", "O1"]


@pytest.mark.further
def test_a_delivery_whose_time_is_over_holds_up_nothing_else(site):
    manifest_file = site.deliver("probe/csv/d/manifest.json", written(listed("a.csv", A), listed(f"{ID}.csv", A)))
    site.deliver("probe/csv/d/a.csv", A)
    site.deliver("probe/csv/o.csv", csv("O1"))
    long_ago = manifest_file.stat().st_mtime - 2 * AN_HOUR
    os.utime(manifest_file, (long_ago, long_ago))
    first, _ = site.take_in("probe")
    assert (first.code, ID in first.text) == (1, False)
    assert f"lists 2 files, and patience with it is at its end: {'*' * 18}.csv is not there" in first.err
    assert site.silver(TABLE, "code") == ["O1"]


DISPUTED = {
    "by two manifests": {
        "manifest.json": [listed("a.csv", A, rows=1)],
        "2.manifest.json": [listed("a.csv", A, rows=9)],
    },
    "under two names": {"manifest.json": [listed("a.csv", A, rows=1), listed("b.csv", A, rows=2)]},
    "and not by a third": {
        "manifest.json": [listed("a.csv", A)],
        "2.manifest.json": [listed("a.csv", A, rows=1)],
        "3.manifest.json": [listed("a.csv", A, rows=0)],
    },
}


@pytest.mark.further
@pytest.mark.parametrize("name", DISPUTED)
def test_different_numbers_of_rows_of_one_content_are_an_error(site, name):
    for file in {each["name"] for files in DISPUTED[name].values() for each in files}:
        site.deliver(f"probe/csv/d/{file}", A)
    for file, files in DISPUTED[name].items():
        site.deliver(f"probe/csv/d/{file}", written(*files))
    site.deliver("probe/csv/o.csv", csv("O1"))
    first, _ = site.take_in("probe")
    assert (first.code, site.silver(TABLE, "code")) == (1, ["O1"])
    assert "different numbers of rows are said" in first.err


FIELDS = st.sampled_from(["files", "name", "sha256", "rows"])
JSON = st.recursive(st.none() | st.text(), lambda each: st.lists(each) | st.dictionaries(FIELDS, each))


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_manifest_or_an_error(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    deliveries, doubtful = manifest.read([path], tmp_path, [], lambda path: True, None)
    assert len(deliveries) + len(doubtful) == 1
