"""The scan, and the proof whose reader it shares, find a value wherever it may stand, and name the file only."""

import json
import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.scan import holding, occurrences

ID, NAME, ADDRESS = "50010219800101001X", "何某甲乙", "重庆市涪陵区示例201村1组10号"
VALUES = {ID, NAME, ADDRESS, "19800000146"}


def parquet(column):
    def write(path):
        pq.write_table(pa.table({"rows": column}), path, compression="zstd")

    return write


def sqlite(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE told (text)")
        connection.execute("INSERT INTO told VALUES (?)", (f"of {NAME}",))


PLACES = {
    "text.parquet": parquet([None, ID]),
    "large.parquet": parquet(pa.array([ID], pa.large_string())),
    "view.parquet": parquet(pa.array([ID], pa.string_view())),
    "view of bytes.parquet": parquet(pa.array([b"\xff\xfe", ID.encode()], pa.binary_view())),
    "bytes of a size.parquet": parquet(pa.array([ID.encode()], pa.binary(18))),
    "pair.parquet": parquet(pa.array([[ID, NAME]], pa.list_(pa.string(), 2))),
    "nested.parquet": parquet([[{"a": {"b": f"客户{NAME}申请"}}]]),
    "map.parquet": parquet(pa.array([[("19800000146", 1)]], pa.map_(pa.string(), pa.int64()))),
    "binary.parquet": parquet(pa.array([json.dumps({"id": ID}).encode()])),
    "dictionary.parquet": parquet(pa.array([ADDRESS, ADDRESS]).dictionary_encode()),
    "task.log": lambda path: path.write_text(f"tel:+8619800000146 {ADDRESS}"),
    "page.html": lambda path: path.write_text(f"<td>{ADDRESS}</td>", encoding="utf-8"),
    "store.db": sqlite,
}


@pytest.mark.parametrize("name", PLACES)
def test_a_value_is_found(tmp_path, name):
    (tmp_path / "deep").mkdir()
    PLACES[name](tmp_path / "deep" / name)
    assert set(occurrences(tmp_path, VALUES)) == {tmp_path / "deep" / name}
    assert holding(tmp_path, VALUES) == (f"deep/{name}",)


def test_what_only_looks_alike_is_not(tmp_path):
    (tmp_path / "hash.txt").write_text("50010219800101001Y 198000001467 何某甲 0x" + "5" * 64)
    parquet([1.5, None])(tmp_path / "numbers.parquet")
    parquet(pa.array([], pa.string()))(tmp_path / "empty.parquet")
    assert occurrences(tmp_path, VALUES) == {}


def test_it_tells_how_many_but_not_which(tmp_path):
    (tmp_path / "two.txt").write_text(f"{ID} {NAME} {ID}", encoding="utf-8")
    assert occurrences(tmp_path, VALUES) == {tmp_path / "two.txt": 2}
