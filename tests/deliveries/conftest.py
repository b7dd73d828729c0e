"""A place where deliveries are tried by the real commands, as a user would: a landing zone, a state folder, a clock."""

import io
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from deltalake import DeltaTable

from conf.schema.workspace import ROOT
from jobs.cli import main

HERE = Path(__file__).parent
PROBE = HERE / "probe"  # a workspace with one plain table for each format: csv, gbk, jl, pq and xl


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class Site:
    """Runs `fieldstone` on a landing zone and a state folder of its own.

    Attributes:
        workspace: whose declarations are used.
        as_of: the clock, ISO 8601.
    """

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture
    workspace: Path = PROBE
    as_of: str = "2026-01-01T00:00:00Z"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def home(self) -> Path:
        return self.folder / "state"

    def deliver(self, name: str, content: str | bytes) -> Path:
        """Write a file below the landing zone."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def case(self, name: str, part: str = "landing") -> "Site":
        """Deliver the files of a case, and take its workspace where it has one of its own."""
        folder = HERE / "cases" / name
        shutil.copytree(folder / part, self.landing, dirs_exist_ok=True)
        if (folder / "workspace").exists():
            self.workspace = folder / "workspace"
        return self

    def own(self) -> "Site":
        """Take the project's own declarations."""
        self.workspace = ROOT
        return self

    def run(self, *arguments: str, as_of: str | None = None, stdin: str = "") -> Ran:
        """Run one command."""
        self.monkeypatch.setenv("FIELDSTONE_HOME", str(self.home))
        self.monkeypatch.setenv("FIELDSTONE_LANDING", str(self.landing))
        self.monkeypatch.setenv("FIELDSTONE_AS_OF", as_of or self.as_of)
        self.monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        self.capsys.readouterr()
        place = () if arguments[0] == "init" else ("--workspace", str(self.workspace))
        code = main([*arguments, *place])
        return Ran(code, *self.capsys.readouterr())

    def take_in(self, source: str, as_of: str | None = None) -> tuple[Ran, Ran]:
        """Ingest and refine a source."""
        return self.run("ingest", source, as_of=as_of), self.run("refine", source, as_of=as_of)

    def silver(self, contract: str, *columns: str) -> list:
        """Rows of silver, of one column as values, of several as tuples; sorted."""
        rows = self._rows(f"silver_{contract}")
        if not columns:
            return rows
        picked = [row[columns[0]] if len(columns) == 1 else tuple(row[name] for name in columns) for row in rows]
        return sorted(picked, key=str)

    def quarantined(self, contract: str) -> Counter:
        """How many rows wait in quarantine, by reason."""
        return Counter(code for row in self._rows(f"quarantine_{contract}") for code in row["reasons"])

    def _rows(self, table: str) -> list[dict]:
        path = str(self.home / "lake" / table)
        return DeltaTable(path).to_pyarrow_table().to_pylist() if DeltaTable.is_deltatable(path) else []


@pytest.fixture
def site(spark, tmp_path, monkeypatch, capsys) -> Site:
    """A site on the probe's workspace."""
    return Site(tmp_path, monkeypatch, capsys)
