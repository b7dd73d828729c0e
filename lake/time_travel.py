"""The lake with some tables at earlier versions, behind today's consent gate."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from pyspark.sql import DataFrame

from conf.schema.errors import NotFound
from lake import log, state
from lake.tables import Lake


@dataclass(frozen=True)
class EarlierLake(Lake):
    """A lake that reads some tables at an earlier version; consents and purposes are judged as of now.

    Attributes:
        at: Delta version of each of these tables.
    """

    at: Mapping[str, int] = field(kw_only=True)

    def _scan(self, table: str) -> DataFrame:
        if table not in self.at:
            return super()._scan(table)
        version, place = self.at[table], state.whole(self.path(table))
        if not self._is_kept(table, version):
            raise NotFound(
                f"version {version} of {table} isn't kept any more, because an erasure removes earlier versions too; "
                "train the model again and use the new version"
            )
        return self.spark.read.format("delta").option("versionAsOf", version).load(place)

    def _is_kept(self, table: str, version: int) -> bool:
        try:
            stored = DeltaTable(str(self.path(table)), version=version)
        except DeltaError:
            return False
        return not log.lost_files(self.path(table), stored)
