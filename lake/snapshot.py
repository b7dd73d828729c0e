"""The lake for one job that reads many tables: consents are computed once for each purpose and moment."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from pyspark.sql import DataFrame

from conf.schema.contract import Purpose
from lake.staging import Persisted
from lake.tables import Lake


@dataclass(frozen=True)
class Snapshot(Lake):
    """A lake that keeps the consents of its first read; for one run only.

    Attributes:
        persisted: keeps rows under a name until the run ends and reads them back, see `staging.area`.
    """

    persisted: Persisted
    _cached: dict[tuple[frozenset[Purpose], datetime, bool], DataFrame] = field(default_factory=dict, init=False)

    def _consents(self, purposes: Collection[Purpose], as_of: datetime, is_doubt_ignored: bool = False) -> DataFrame:
        key = frozenset(purposes), as_of, is_doubt_ignored
        if key not in self._cached:
            consents = super()._consents(purposes, as_of, is_doubt_ignored)
            self._cached[key] = self.persisted(consents, f"consents-{len(self._cached)}")
        return self._cached[key]
