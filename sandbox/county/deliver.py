"""The partners' deliveries: one file per asset, chunk and period of publication, and a record of their content."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from conf.schema.contract import Contract
from conf.schema.hashing import file_sha256
from conf.schema.source import Asset
from sandbox.county.defects import Defect, postponed, spoil
from sandbox.county.lines import write
from sandbox.county.publish import Records
from sandbox.county.random_streams import Stream
from sandbox.county.scope import Scope
from sandbox.county.tables import table

PERIOD_MONTHS = {  # months of publication in one file of an asset; other assets have one file for all months
    "transaction": 6,
    "account": 12,
    "loan": 12,
    "instalment": 12,
    "application": 12,
    "planting": 12,
    "breeding": 12,
    "grant": 12,
}
GAP_SHARE = 0.015  # share of optional values that are left empty; assumed
WITH_MANIFEST = "housing"  # this source lists its files in a manifest, with checksums
LATE_ASSET, LATE = "planting", "Q4_late"


@dataclass
class Deliverer:
    """Writes one chunk's files and records their content.

    Attributes:
        scope: the county.
        chunk: number of the chunk.
        county: six-digit code of its county, for the file names.
        landing: folder of the files.
        rows, files: number of rows and files sent, by table.
        defects: number of defects sent, by table and kind.
        identifiers: every direct identifier and account number sent, by kind.
    """

    scope: Scope
    chunk: int
    county: str
    landing: Path
    rows: Counter = field(default_factory=Counter)
    files: Counter = field(default_factory=Counter)
    defects: Counter = field(default_factory=Counter)
    identifiers: dict[str, set[str]] = field(default_factory=dict)

    def send(self, number: int, contract: Contract, asset: Asset, records: Records) -> None:
        """Write the files of an asset.

        Args:
            number: number of the asset, for its own random generators: defects must not change the clean rows.
            contract: contract of the asset.
            asset: its format and encoding.
            records: its rows, by publication.
        """
        late = np.zeros(len(records["published_at"]), bool)
        if self.scope.defect_share and contract.asset == LATE_ASSET and self.chunk == 0:
            records, late = postponed(self.scope, contract, records)
        rows = with_gaps(self.scope.rng(self.chunk, Stream.GAPS, number), contract, table(contract, records))
        rng = self.scope.rng(self.chunk, Stream.DEFECTS, number)
        folder = self.landing / contract.source / contract.asset
        folder.mkdir(parents=True, exist_ok=True)
        listed: dict[Path, int] = {}
        for period, mask in periods(self.scope, PERIOD_MONTHS.get(contract.asset, 0), records["published_at"], late):
            part = rows.filter(pa.array(mask))
            defects = spoil(rng, self.scope.defect_share, contract, asset.format, part)
            name = f"{contract.asset}_{self.county}_{self.chunk:04d}_{period}.{asset.format}"
            write(folder / name, asset, part, defects)
            self._note(contract, part, defects)
            listed[folder / name] = len(part) + len(defects)
        if contract.source == WITH_MANIFEST:
            _declare(folder / f"{contract.asset}_{self.county}_{self.chunk:04d}.manifest.json", listed)
        if late.any():
            self.defects[contract.table, "late_file"] += int(late.sum())

    def _note(self, contract: Contract, rows: pa.Table, defects: list[Defect]) -> None:
        self.rows[contract.table] += len(rows) + len(defects)
        self.files[contract.table] += 1
        self.defects.update((contract.table, defect.kind) for defect in defects)
        for name, column in contract.columns.items():
            if kind := column.identifier or ("account_no" if column.pseudonym else None):
                seen = self.identifiers.setdefault(kind, set())
                seen.update(pc.unique(rows[name]).drop_null().to_pylist())
                seen.update(str(defect.row[name]) for defect in defects if defect.row[name] is not None)


def _declare(path: Path, rows: dict[Path, int]) -> None:
    """Write a manifest of files and the number of their rows."""
    files = [{"name": each.name, "sha256": file_sha256(each), "rows": count} for each, count in rows.items()]
    path.write_text(json.dumps({"files": files}, indent=2) + "\n", encoding="utf-8")


def periods(scope: Scope, months: int, published: np.ndarray, late: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Names of the files (`2024H1`, `2024`, `all`, `2024Q4_late`) and which rows go into each.

    Rows published before the window are in the first file.
    """
    month = np.maximum(published.astype("datetime64[M]"), scope.start.astype("datetime64[M]"))
    number = month.astype(int) // months if months else np.zeros(len(month), int)
    named = [(_period_name(int(one), months), (number == one) & ~late) for one in np.unique(number[~late])]
    return [*named, (f"{scope.drought_year}{LATE}", late)] if late.any() else named


def _period_name(number: int, months: int) -> str:
    if not months:
        return "all"
    year, part = divmod(number * months, 12)
    return f"{1970 + year}" if months == 12 else f"{1970 + year}H{part // 6 + 1}"


def with_gaps(rng: np.random.Generator, contract: Contract, rows: pa.Table) -> pa.Table:
    """Leave some optional values empty, as clerks do; not dates, where empty says "still going on"."""
    for place, (name, column) in enumerate(contract.columns.items()):
        if not (column.required or column.identifier or column.protected or column.type == "date"):
            gap = pa.array(rng.random(len(rows)) < GAP_SHARE)
            rows = rows.set_column(place, name, pc.if_else(gap, pa.scalar(None, rows[name].type), rows[name]))
    return rows
