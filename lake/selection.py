"""Select rows of a Delta table by values of columns, to count, read, delete or change them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import reduce
from json import dumps
from pathlib import Path
from typing import Any
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
Records = list[dict[str, Any]]  # rows, each by the names of its columns


def schema(table: DeltaTable) -> pa.Schema:
    """The schema that a table's log declares, whatever types its files name (views of text, say)."""
    return pa.schema(table.schema())


def rows(table: DeltaTable, equal: Mapping[str, str]) -> pa.Table:
    """The rows whose columns have the given values."""
    # files may hold texts as views, as deltalake's own rewrites do; pyarrow compares none with a text
    each = [ds.field(name).cast(pa.string()) == value for name, value in equal.items()]
    return table.to_pyarrow_dataset(schema=schema(table)).to_table(
        filter=reduce(ds.Expression.__and__, each) if each else None
    )


def count(table: DeltaTable, where: Where) -> int:
    """Number of rows that `where` selects."""
    return sum(_count(file, schema(table), where) for file in _files(table, where))


def chosen(table: DeltaTable, where: Where, columns: Collection[str]) -> Iterator[dict[str, Any]]:
    """Some columns of the rows that `where` selects."""
    wanted = list(dict.fromkeys([*columns, *where]))
    for file in _files(table, where):
        for batch in file.to_batches(schema=schema(table), columns=wanted):
            yield from batch.filter(_chosen(batch, where)).select([*columns]).to_pylist()


def delete(table: DeltaTable, where: Where) -> int:
    """Delete rows in one commit; files that also have other rows are rewritten. Returns the number of deleted rows.

    `DeltaTable.delete` would write texts as views, which no filter of pyarrow can read.
    """
    deleted, actions = 0, list[AddAction | RemoveAction]()
    for file in _files(table, where):
        if count := _count(file, schema(table), where):
            deleted += count
            actions.append(_removed(file))
            if count < file.count_rows():
                actions.append(_anew(table, file, lambda batch: batch.filter(pc.invert(_chosen(batch, where)))))
    _commit(table, actions)
    return deleted


def with_values(rows: pa.RecordBatch, column: str, values: list[Any]) -> pa.RecordBatch:
    """Rows with new values of a column, in the column's type."""
    field = rows.schema.field(column)
    return rows.set_column(rows.schema.get_field_index(column), field, pa.array(values, field.type))


def redact(table: DeltaTable, column: str, values: Collection[str], by: str, spared: Where) -> int:
    """Replace some texts in a column of lists by another, in one commit; returns the number of rows changed.

    Args:
        spared: rows that stay as they are.
    """
    changed, actions = 0, list[AddAction | RemoveAction]()

    def change(batch: pa.RecordBatch) -> pa.RecordBatch:
        nonlocal changed
        is_open = pc.and_not(_chosen(batch, {column: values}), _chosen(batch, spared)).to_pylist()
        changed += sum(is_open)
        rows = zip(batch[column].to_pylist(), is_open, strict=True)
        anew = [[by if value in values else value for value in row] if open_ else row for row, open_ in rows]
        return with_values(batch, column, anew)

    for file in _files(table, {}):
        if _count(file, schema(table), {column: values}):
            actions += [_removed(file), _anew(table, file, change)]
    _commit(table, actions if changed else [])
    return changed


def change(table: DeltaTable, by: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
    """Change rows in one commit; files without a changed row stay as they are."""
    actions: list[AddAction | RemoveAction] = []
    for file in _files(table, {}):
        if any(not by(batch).equals(batch) for batch in file.to_batches(schema=schema(table))):
            actions += [_removed(file), _anew(table, file, by)]
    _commit(table, actions)


def _files(table: DeltaTable, where: Where) -> Iterator[ds.ParquetFileFragment]:
    """Files that may have selected rows, judged by their partition."""
    for fragment in table.to_pyarrow_dataset(schema=schema(table)).get_fragments():
        keys = ds.get_partition_keys(fragment.partition_expression)
        if all(keys[name] in values for name, values in where.items() if name in keys):
            yield fragment


def _count(file: ds.ParquetFileFragment, declared: pa.Schema, where: Where) -> int:
    batches = file.to_batches(schema=declared, columns=[*where])
    return sum(pc.sum(_chosen(batch, where)).as_py() or 0 for batch in batches)


def _removed(file: ds.ParquetFileFragment) -> RemoveAction:
    return RemoveAction(file.path, True, _now(), partition_values=ds.get_partition_keys(file.partition_expression))


def _anew(
    table: DeltaTable, file: ds.ParquetFileFragment, change: Callable[[pa.RecordBatch], pa.RecordBatch]
) -> AddAction:
    """Write a file's changed rows to a new file beside it."""
    keys, rows = ds.get_partition_keys(file.partition_expression), 0
    name = str(Path(file.path).with_name(f"part-{uuid4()}.parquet"))
    path = Path(table.table_uri.removeprefix("file://")) / name
    stored = pa.schema([field for field in schema(table) if field.name not in keys])
    with pq.ParquetWriter(path, stored) as writer:
        for batch in file.to_batches(schema=schema(table)):
            anew = change(batch).select(stored.names)
            writer.write_batch(anew)
            rows += anew.num_rows
    return AddAction(name, path.stat().st_size, keys, _now(), True, dumps({"numRecords": rows}))


def _commit(table: DeltaTable, actions: list[AddAction | RemoveAction]) -> None:
    if actions:
        table.create_write_transaction(actions, "append", table.schema(), table.metadata().partition_columns)


def _now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def _chosen(batch: pa.RecordBatch, where: Where) -> pa.Array:
    each = (_among(batch.column(name), values) for name, values in where.items())
    return reduce(pc.and_, each, pa.repeat(True, batch.num_rows))


def _among(column: pa.Array, values: Collection[str]) -> pa.Array:
    wanted = pa.array(sorted(values), pa.string())
    if not pa.types.is_list(column.type):
        return pc.is_in(column, wanted)
    holding = pc.list_parent_indices(column).filter(pc.is_in(pc.list_flatten(column), wanted))
    return pc.is_in(pa.array(range(len(column)), pa.int64()), holding)
