"""Files, folders, members and columns that are called after a person: no table and no log holds such a name."""

import io
import re
import shutil
import zipfile

import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from conf.schema.masks import masked_path
from conf.schema.workspace import load
from lake import file_names
from pipeline.context import Context
from pipeline.ingest.schema_drift import undeclared
from tests.conftest import AS_OF
from tests.integration.scan import holding

ID, PHONE, CARD, NAME = "500102199001011239", "13800138000", "6228481234567890123", "欧阳建国"
HEADER = "code,acct,remark,day,n,amount_cny,big,ratio,closed_at,flag"


def csv(code: str, *more: str) -> str:
    return f"{','.join([HEADER, *more])}\n{code},,good,2024-01-05,3,1.50,,0.5,,true{',x' * len(more)}\n"


def packed(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


def everything_printed(site) -> str:
    first = site.run("ingest", "probe")
    return first.text + site.run("refine", "probe").text + site.run("batches", "list").text


DELIVERIES = {
    "a file": {f"{ID}.csv": csv("A1")},
    "a name": {f"{NAME}.csv": csv("A1")},
    "a folder": {f"{PHONE}/a.csv": csv("A1")},
    "a member": {"a.zip": packed(**{f"{CARD}.csv": csv("A1")})},
    "an archive": {f"{ID}.zip": packed(**{"a.csv": csv("A1")})},
    "a column": {"a.csv": csv("A1", ID, NAME, PHONE)},
    "a refused file": {f"{ID}.csv": b"", f"x {NAME} {CARD}.csv": b"code\nA1\n"},
    "a file that is left alone": {f"{ID}.txt": b"", "a.csv": csv("A1")},
    "a manifest": {f"{ID}.manifest.json": b"[]", "x/a.csv": csv("A1")},
    "a file that a manifest misses": {
        "manifest.json": f'{{"files": [{{"name": "{ID}.csv", "sha256": "{"0" * 64}"}}]}}'
    },
}


@pytest.mark.parametrize("files", DELIVERIES.values(), ids=DELIVERIES)
def test_nothing_under_the_state_folder_and_no_line_of_the_console_has_such_a_name(site, files):
    for name, content in files.items():
        site.deliver(f"probe/csv/{name}", content)
    printed = everything_printed(site)
    assert not [value for value in (ID, PHONE, CARD, NAME) if value in printed]
    assert holding(site.home, [ID, PHONE, CARD, NAME]) == ()


def test_an_engineer_finds_the_file_behind_a_token(site):
    site.deliver(f"probe/csv/{ID}.csv", csv("A1"))
    site.deliver("probe/csv/b.zip", packed(**{f"{NAME}.csv": csv("B1")}))
    site.take_in("probe")
    bronze = DeltaTable(str(site.home / "lake/bronze_probe__csv")).to_pyarrow_table().to_pylist()
    tokens = {row["code"]: row["_source_ref"].partition("#")[0] for row in bronze}
    assert all(re.fullmatch(r"[0-9a-f]{16}\.csv", token) for token in tokens.values())
    called = file_names.revealed(Context(load(site.workspace), AS_OF).vault)
    assert called[tokens["A1"]] == f"probe/csv/{ID}.csv"
    assert called[tokens["B1"]] == f"probe/csv/b.zip!{NAME}.csv"


def test_an_error_shows_a_masked_name_and_the_token(site):
    site.deliver(f"probe/csv/zhang_{ID}.csv", "")
    output = site.run("ingest", "probe").err
    assert re.search(r"probe/csv/zhang_\*{18}\.csv \[[0-9a-f]{16}\.csv\] is empty", output)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("farm/planting_2024-01-05.csv", "farm/planting_2024-01-05.csv"),
        ("farm/planting_20240105_02.csv", "farm/planting_***********.csv"),
        ("a_20240105.csv", "a_20240105.csv"),
        ("a_19900101.csv", "a_********.csv"),
        (f"{ID[:-1]}X.csv", f"{'*' * 18}.csv"),
        ("6228 4812 3456 7890.csv", f"{'*' * 19}.csv"),
        ("张三.csv", "**.csv"),
        ("a\n\x1b[31mb.csv", "a**[31mb.csv"),
        ("x" * 100, "x" * 77 + "..."),
    ],
)
def test_names_are_masked(name, shown):
    assert masked_path(name) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("data/贷款台账.csv", "data/贷款台账.csv"),
        ("data/贷款台账_2024-01-05.csv", "data/贷款台账_2024-01-05.csv"),
        (f"data/贷款台账_{ID}.csv", f"data/贷款台账_{'*' * 18}.csv"),
        ("data/张三.csv", "data/**.csv"),
        ("data/贷款台账张三.csv", "data/******.csv"),
    ],
)
def test_words_that_the_source_declares_of_its_files_are_shown(name, shown):
    assert masked_path(name, "data/贷款台账*.csv") == shown


def test_an_engineer_reads_the_name_that_the_source_declares_in_the_error_and_among_batches(site, tmp_path):
    site.workspace = shutil.copytree(site.workspace, tmp_path / "own")
    source = site.workspace / "conf/sources/probe.yaml"
    declared = re.sub(r"csv: \{", 'csv: {path: "贷款台账*.csv", ', source.read_text(encoding="utf-8"), count=1)
    source.write_text(declared, encoding="utf-8")
    site.deliver("贷款台账.csv", "")
    assert "贷款台账.csv is empty" in site.run("ingest", "probe").err
    assert "贷款台账.csv is empty" in site.run("batches", "list").out


@given(st.text(max_size=20), st.text(alphabet="0123456789", min_size=9, max_size=19), st.text(max_size=20))
def test_no_long_number_is_shown_whatever_is_around_it(before, number, after):
    shown = masked_path(f"{before}{number}{after}")
    assert number not in shown
    assert shown.isascii()
    assert shown.isprintable()


@given(st.sets(st.text(max_size=80)))
def test_names_of_columns_are_words_or_a_question_mark(columns):
    names = undeclared(columns)
    assert all(name == "?" or re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in names)
    assert not any(re.search(r"[0-9]{6}", name) for name in names)
    assert bool(names) == bool(columns)
