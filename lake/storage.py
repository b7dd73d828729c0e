"""Tables in the state folder: create, write, delete and count; people's rows are read by `lake.tables`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake
from filelock import AcquireReturnProxy, FileLock
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from conf.schema import gold
from conf.schema.errors import ConsentError, NotFound
from conf.schema.naming import parse
from conf.schema.workspace import Workspace
from lake import gold_schema, locks, log, schema, selection, state
from lake.engine import open_session
from lake.selection import Records, Where


@dataclass(frozen=True)
class Storage:
    """The tables of one workspace; the session opens at its first use.

    Attributes:
        workspace: whose contracts describe the tables.
    """

    workspace: Workspace
    _checked: set[str] = field(default_factory=set, init=False, compare=False, repr=False)
    _known: dict[str, tuple[object, Records]] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def spark(self) -> SparkSession:
        """The engine's session."""
        return open_session(self.workspace.settings)

    def path(self, table: str) -> Path:
        """Folder of a table."""
        return self.workspace.settings.home / "lake" / str(parse(table))

    def exists(self, table: str) -> bool:
        """Whether the table has been written."""
        return DeltaTable.is_deltatable(str(self.path(table)))

    def version(self, table: str) -> int:
        """Latest Delta version, -1 for a table that isn't there."""
        return DeltaTable(str(self.path(table))).version() if self.exists(table) else -1

    def versions(self, tables: Iterable[str]) -> dict[str, int]:
        """Latest Delta version of each table."""
        return {table: self.version(table) for table in sorted(tables)}

    def platform(self, table: str) -> DataFrame:
        """A platform table (vault, audit, quarantine), which has no readable subject data.

        Raises:
            ConsentError, NotFound: it is another table, or nothing has written it yet.
        """
        _require_own(table)
        self.create(table)
        return self._scan(table)

    def _scan(self, table: str) -> DataFrame:
        if not self.exists(table):
            raise NotFound(f"table {table} isn't there yet; run the job that writes it first (fieldstone run)")
        return self.spark.read.format("delta").load(state.whole(self.path(table)))

    def create(self, table: str) -> None:
        """Create a declared table if it doesn't exist, or add the columns that its contract has gained."""
        if table in self._checked and self.exists(table):
            return
        struct, partition_by = schema.declared(table, self.workspace.contracts)
        with self._commit(table):
            self._checked.add(table)
            if not self.exists(table):
                self._make(table, struct, partition_by)
                return
            known = (stored := DeltaTable(str(self.path(table)))).schema().to_arrow().names
            if gained := [field for field in schema.delta(struct).fields if field.name not in known]:
                stored.alter.add_columns(gained)

    def _make(self, table: str, struct: StructType, partition_by: list[str]) -> None:
        """Make a table without statistics: Delta keeps a column's min and max in the log, past any deletion."""
        place, columns = str(self.path(table)), schema.delta(struct)
        DeltaTable.create(place, columns, partition_by=partition_by, configuration=log.WITHOUT_STATISTICS)

    def append_batch(self, table: str, rows: DataFrame, batch_id: str) -> None:
        """Append one batch in one commit; it replaces rows of it that an interrupted run left."""
        self.create(table)
        columns = [field.name for field in schema.declared(table, self.workspace.contracts)[0]]
        batch = rows.select(*columns).write.format("delta").mode("append").partitionBy(schema.BATCH)
        with self._commit(table):
            self.drop_batch(table, batch_id)
            batch.save(str(self.path(table)))

    def append_files(self, table: str, files: Sequence[Path], batch_id: str) -> None:
        """Append Parquet files that hold one batch, in one commit and as they are; they move to the table's folder."""
        self.create(table)
        folder = self.path(table) / f"{schema.BATCH}={batch_id}"
        folder.mkdir(exist_ok=True)
        with self._commit(table):
            self.drop_batch(table, batch_id)
            added = [log.added(file.rename(folder / file.name), batch_id) for file in files]
            stored = DeltaTable(str(self.path(table)))
            stored.create_write_transaction([*added], "append", stored.schema(), [schema.BATCH])

    def drop_batch(self, table: str, batch_id: str) -> None:
        """Remove a batch; nothing happens when there is none."""
        if batch_id in self.batch_ids(table):
            self.delete(table, {schema.BATCH: [batch_id]})

    def delete(self, table: str, where: Where) -> int:
        """Delete the rows whose columns have one of the given values; returns how many there were."""
        with self._commit(table):
            return selection.delete(state.opened(self.path(table)), where)

    def append(self, table: str, rows: DataFrame) -> None:
        """Append rows to a declared table in one commit."""
        self.create(table)
        with self._commit(table):
            rows.write.format("delta").mode("append").save(str(self.path(table)))

    def append_records(self, table: str, records: Records) -> None:
        """Append a handful of records of the platform's own, without a session."""
        self.create(table)
        with self._commit(table):
            rows = pa.Table.from_pylist(records, schema=selection.schema(stored := DeltaTable(str(self.path(table)))))
            write_deltalake(stored, rows, mode="append")

    def records(self, table: str, **equal: str) -> Records:
        """Records of a table of the platform's own whose columns have the given values, without a session.

        Raises:
            ConsentError: it is another table.
        """
        _require_own(table)
        self.create(table)
        stored = state.opened(self.path(table))
        if equal:
            return selection.rows(stored, equal).to_pylist()
        edition = stored.metadata().id, stored.version()
        if table not in self._known or self._known[table][0] != edition:  # a job asks for the ledger a hundred times
            self._known[table] = edition, selection.rows(stored, equal).to_pylist()
        return [dict(record) for record in self._known[table][1]]

    def batch_ids(self, table: str) -> set[str]:
        """Batches with rows in a table, from its log."""
        return {partition[schema.BATCH] for partition in DeltaTable(str(self.path(table))).partitions()}

    def overwrite(self, table: str, rows: DataFrame) -> None:
        """Replace a gold table by new content in one commit; older versions stay readable by version."""
        self._write_gold(table, rows, "overwrite", "overwriteSchema")

    def append_gold(self, table: str, rows: DataFrame) -> None:
        """Append rows to a gold table in one commit."""
        self._write_gold(table, rows, "append", "mergeSchema")

    def _write_gold(self, table: str, rows: DataFrame, mode: str, option: str) -> None:
        gold_schema.require(gold.declared(table), rows.schema)
        if not self.exists(table):
            self._make(table, rows.schema, [])
        rows.write.format("delta").mode(mode).option(option, "true").save(str(self.path(table)))

    def _commit(self, table: str) -> AcquireReturnProxy[FileLock]:
        """One commit at a time to a table that several jobs write, such as the vault and the ledger."""
        return self.lock(f"{table}.commit", wait_seconds=600, is_singleton=True)

    def lock(self, table: str, wait_seconds: float = 0, is_singleton: bool = False) -> AcquireReturnProxy[FileLock]:
        """One writer per table, see `locks.acquire`."""
        return locks.acquire(self.workspace.settings.home / "locks", table, wait_seconds, is_singleton)

    def count(self, table: str) -> int:
        """Rows of a table, from its log."""
        actions = pa.table(DeltaTable(str(self.path(table))).get_add_actions())
        return sum(actions["num_records"].to_pylist()) if actions.num_rows else 0

    def tables(self) -> list[str]:
        """Names of all existing tables."""
        return sorted(p.name for p in (self.workspace.settings.home / "lake").glob("*__*") if self.exists(p.name))


def _require_own(table: str) -> None:
    if parse(table).layer not in ("vault", "audit", "quarantine"):
        raise ConsentError(f"{table} holds subject data; read it with read(table, purpose=…, as_of=…)")
