"""Rows chosen by values of columns: counted, read and deleted alike, and no rewrite changes a table's types."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given
from hypothesis import strategies as st

from lake import selection

SCHEMA = pa.schema(
    {
        "name": pa.string(),
        "part": pa.string(),
        "sealed": pa.binary(),
        "texts": pa.list_(pa.string()),
        "counts": pa.map_(pa.string(), pa.int64()),
        "at": pa.timestamp("us", "UTC"),
        "money": pa.decimal128(12, 2),
    }
)
_TEXTS = st.sampled_from(["a", "b", "c's", "日"])
_ROWS = st.lists(
    st.fixed_dictionaries(
        {"name": st.none() | _TEXTS, "part": _TEXTS, "texts": st.none() | st.lists(st.none() | _TEXTS)}
    ),
    min_size=1,
    max_size=8,
)
_WHERE = st.dictionaries(st.sampled_from(["name", "part", "texts"]), st.sets(_TEXTS, max_size=3), max_size=3)


def _table(folder, *appends: list[dict], by=("part",)) -> DeltaTable:
    for rows in appends:
        write_deltalake(
            folder,
            pa.Table.from_pylist([{name: row.get(name) for name in SCHEMA.names} for row in rows], SCHEMA),
            mode="append",
            partition_by=list(by),
            configuration={"delta.dataSkippingNumIndexedCols": "0"},
        )
    return DeltaTable(folder)


def _is_chosen(row: dict, where: Mapping) -> bool:
    return all(
        bool(values & set(row[name] or ())) if name == "texts" else row[name] in values
        for name, values in where.items()
    )


def _names(table: DeltaTable) -> list:
    rows = table.to_pyarrow_table().to_pylist()
    return sorted(((row["name"], row["part"], row["texts"]) for row in rows), key=str)


@given(first=_ROWS, second=_ROWS, where=_WHERE, by=st.sampled_from([(), ("part",)]))
def test_what_is_deleted_is_what_is_counted_and_all_else_stays(tmp_path_factory, first, second, where, by):
    folder = str(tmp_path_factory.mktemp("table"))
    table, rows = _table(folder, first, second, by=by), [*first, *second]
    chosen = [row for row in rows if _is_chosen(row, where)]
    assert selection.count(table, where) == len(chosen)
    assert selection.delete(table, where) == len(chosen)
    left = [(row["name"], row["part"], row["texts"]) for row in rows if not _is_chosen(row, where)]
    assert _names(DeltaTable(folder)) == sorted(left, key=str)
    assert selection.delete(DeltaTable(folder), where) == 0


@given(first=_ROWS, second=_ROWS, texts=st.sets(_TEXTS, max_size=2), spared=st.sets(_TEXTS, max_size=2))
def test_what_is_redacted_stands_in_no_list_but_where_it_is_spared(tmp_path_factory, first, second, texts, spared):
    folder = str(tmp_path_factory.mktemp("table"))
    table, rows = _table(folder, first, second), [*first, *second]

    def anew(row):
        stays = row["name"] in spared or not row["texts"]
        return row["texts"] if stays else ["gone" if text in texts else text for text in row["texts"]]

    changed = sum(anew(row) != row["texts"] for row in rows)
    assert selection.redact(table, "texts", texts, "gone", {"name": spared}) == changed
    expected = [(row["name"], row["part"], anew(row)) for row in rows]
    assert _names(DeltaTable(folder)) == sorted(expected, key=str)


@pytest.fixture
def table(tmp_path) -> DeltaTable:
    return _table(str(tmp_path / "table"), [{"name": n, "part": "p", "texts": [n], "sealed": b"s"} for n in "abc"])


def test_a_rewrite_keeps_the_types_of_the_files(table):
    def kinds():
        return {str(pq.read_schema(uri).remove_metadata()).replace("item", "element") for uri in table.file_uris()}

    before = kinds()
    selection.delete(table, {"name": ["b"]})
    assert kinds() == before


def test_a_table_that_deltalake_has_rewritten_is_read_all_the_same(table):
    """Lakes of before hold such files, and whoever tends tables by other tools makes more."""
    table.delete("name = 'b'")
    assert "string_view" in str(pq.read_schema(table.file_uris()[0]))
    assert [row["name"] for row in selection.rows(table, {"name": "a", "part": "p"}).to_pylist()] == ["a"]
    assert selection.count(table, {"name": ["a"], "texts": ["a", "c"]}) == 1
    assert selection.delete(table, {"name": ["a"]}) == 1
    table.optimize.compact()
    table.optimize.z_order(["name"])
    assert [row["sealed"] for row in selection.rows(table, {"name": "c"}).to_pylist()] == [b"s"]


def test_nothing_is_written_where_nothing_is_chosen(table):
    version = table.version()
    assert selection.delete(table, {"name": ["z"]}) == selection.delete(table, {"name": []}) == 0
    assert DeltaTable(table.table_uri).version() == version
