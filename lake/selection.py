"""Rows of a Delta table chosen by the values of columns: counted, or taken out of it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import reduce
from json import dumps
from operator import and_
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction

# Column → values, one of which a row has there; a list holds one of them. No column: every row.
Where = Mapping[str, Collection[str]]
ALL: Where = {}


def schema(table: DeltaTable) -> pa.Schema:
    """The schema that a table's log declares, whatever types its files name (views of text, say)."""
    return pa.schema(table.schema())


def rows(table: DeltaTable, equal: Mapping[str, str]) -> pa.Table:
    """The rows whose columns have the given values."""
    # files may hold texts as views, as deltalake's own rewrites do; pyarrow compares none with a text
    each = [ds.field(name).cast(pa.string()) == value for name, value in equal.items()]
    return table.to_pyarrow_dataset(schema=schema(table)).to_table(filter=reduce(and_, each) if each else None)


def count(table: DeltaTable, where: Where) -> int:
    """How many rows are chosen."""
    return sum(_count(fragment, schema(table), where) for fragment in _fragments(table, where))


def delete(table: DeltaTable, where: Where) -> int:
    """Take rows out in one commit; files that hold others too are written anew. Returns how many rows there were.

    `DeltaTable.delete` would write texts as views, which no filter of pyarrow can read.
    """
    removed, changes = 0, []
    for fragment in _fragments(table, where):
        if found := _count(fragment, schema(table), where):
            removed += found
            changes += _without(table, fragment, where, fragment.count_rows() - found)
    if changes:
        partitions = table.metadata().partition_columns
        table.create_write_transaction(changes, "append", table.schema(), partitions)
    return removed


def _fragments(table: DeltaTable, where: Where) -> Iterator[ds.ParquetFileFragment]:
    """Files that may hold chosen rows, by their partition."""
    for fragment in table.to_pyarrow_dataset(schema=schema(table)).get_fragments():
        keys = ds.get_partition_keys(fragment.partition_expression)
        if all(keys[name] in values for name, values in where.items() if name in keys):
            yield fragment


def _count(fragment: ds.ParquetFileFragment, declared: pa.Schema, where: Where) -> int:
    batches = fragment.to_batches(schema=declared, columns=[*where])
    return sum(pc.sum(_chosen(batch, where)).as_py() or 0 for batch in batches)


def _without(
    table: DeltaTable, file: ds.ParquetFileFragment, where: Where, left: int
) -> list[AddAction | RemoveAction]:
    """The actions that replace a file by one with the rows that are left, if any are."""
    now, keys = int(datetime.now(UTC).timestamp() * 1000), ds.get_partition_keys(file.partition_expression)
    removed = RemoveAction(file.path, True, now, partition_values=keys)
    if not left:
        return [removed]
    name = str(Path(file.path).with_name(f"part-{uuid4()}.parquet"))
    path = Path(table.table_uri.removeprefix("file://")) / name
    stored = pa.schema([field for field in schema(table) if field.name not in keys])
    with pq.ParquetWriter(path, stored) as writer:
        for batch in file.to_batches(schema=schema(table), columns=list(dict.fromkeys([*stored.names, *where]))):
            writer.write_batch(batch.filter(pc.invert(_chosen(batch, where))).select(stored.names))
    return [removed, AddAction(name, path.stat().st_size, keys, now, True, dumps({"numRecords": left}))]


def _chosen(batch: pa.RecordBatch, where: Where) -> pa.Array:
    each = (_among(batch.column(name), values) for name, values in where.items())
    return reduce(pc.and_, each, pa.repeat(True, batch.num_rows))


def _among(column: pa.Array, values: Collection[str]) -> pa.Array:
    wanted = pa.array(sorted(values), pa.string())
    if not pa.types.is_list(column.type):
        return pc.is_in(column, wanted)
    holding = pc.list_parent_indices(column).filter(pc.is_in(pc.list_flatten(column), wanted))
    return pc.is_in(pa.array(range(len(column)), pa.int64()), holding)
