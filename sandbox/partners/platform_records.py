"""The data of the sandbox's partner API: records by subject, read from delivered files, and authorisations."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from conf.schema import required, source
from conf.schema.contract import Contract
from conf.schema.source import Asset
from conf.schema.workspace import Workspace

Row = dict[str, Any]


@dataclass(frozen=True)
class PublishedRow:
    """A row and the moment at which the partner published it."""

    updated_at: datetime
    row: Row


@dataclass(frozen=True)
class Authorisation:
    """A consent in the partner's system."""

    code: str
    subject: str
    scopes: frozenset[str]
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None

    def covers(self, subject: str, scope: str | None, moment: datetime) -> bool:
        """Whether the consent allows access to the subject's data of a scope at a moment."""
        ends = min(self.expires_at, self.withdrawn_at or self.expires_at)
        return self.subject == subject and scope in self.scopes and self.granted_at <= moment < ends


@dataclass
class Holdings:
    """All data of a partner.

    Attributes:
        clock: the partner's present moment; later publications aren't known yet.
        contracts: path of the asset (e.g. `farm/planting`) → contract.
        records: path of the asset → subject → rows.
        authorisations: code → consent.
    """

    clock: datetime
    contracts: dict[str, Contract] = field(default_factory=dict)
    records: dict[str, dict[str, list[PublishedRow]]] = field(default_factory=dict)
    authorisations: dict[str, Authorisation] = field(default_factory=dict)


def load(workspace: Workspace, landing: Path, sources: list[str], clock: datetime) -> Holdings:
    """Load a partner's data from the files that it would otherwise deliver.

    Lines that no API could send (ragged or cut off) and rows without a valid moment of publication are left out.

    Args:
        workspace: workspace whose contracts and plain sources (no variants) declare the form of the files.
        landing: the landing zone.
        sources: names of the sources to serve; `consent` is read for the authorisations.
        clock: the partner's present, UTC.
    """
    holdings = Holdings(clock, authorisations=_authorisations(workspace, landing))
    for name in sources:
        for contract in workspace.tables_of(name):
            path, by_subject = f"{name}/{contract.asset}", defaultdict(list)
            for row in _rows(workspace, landing, contract):
                if contract.published and (updated_at := _moment(row.get(contract.published))):
                    by_subject[str(row[required.subject(contract).column]).upper()].append(
                        PublishedRow(updated_at, row)
                    )
            holdings.contracts[path], holdings.records[path] = contract, dict(by_subject)
    return holdings


def _authorisations(workspace: Workspace, landing: Path) -> dict[str, Authorisation]:
    grant, withdrawal = workspace.contract("consent__grant"), workspace.contract("consent__withdrawal")
    withdrawn = {r["consent_no"]: _moment(r["withdrawn_at"]) for r in _rows(workspace, landing, withdrawal)}
    return {
        row["consent_no"]: Authorisation(
            code=row["consent_no"],
            subject=row["subject_id_no"],
            scopes=frozenset(row["scopes"].split(";")),
            granted_at=granted_at,
            expires_at=expires_at,
            withdrawn_at=withdrawn.get(row["consent_no"]),
        )
        for row in _rows(workspace, landing, grant)
        if (granted_at := _moment(row["granted_at"])) and (expires_at := _moment(row["expires_at"]))
    }


def _rows(workspace: Workspace, landing: Path, contract: Contract) -> Iterator[Row]:
    plain = source.read(workspace.root / "conf" / "sources" / f"{contract.source}.yaml")
    asset = plain.assets[contract.asset]
    for path in sorted(landing.glob(plain.glob(contract.asset))):
        for row in _READERS[asset.format](path, asset):
            named = {asset.rename.get(name, name): None if value == "" else value for name, value in row.items()}
            if named.get(required.subject(contract).column):
                yield named


def _csv(path: Path, asset: Asset) -> Iterator[Row]:
    with open(path, encoding=asset.encoding, errors="replace", newline="") as file:
        header, *lines = csv.reader(file)
        yield from (dict(zip(header, line, strict=True)) for line in lines if len(line) == len(header))


def _jsonl(path: Path, asset: Asset) -> Iterator[Row]:
    for line in path.read_text(encoding=asset.encoding, errors="replace").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def _parquet(path: Path, asset: Asset) -> Iterator[Row]:
    for row in pq.read_table(path).to_pylist():
        yield {name: value if value is None or isinstance(value, int) else str(value) for name, value in row.items()}


_READERS = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
