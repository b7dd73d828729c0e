"""Sources: where a partner's tables come from and how they are written."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from conf.contract import Text
from conf.errors import FieldstoneError


class FileDrop(BaseModel):
    """Files in the landing zone.

    Attributes:
        root: folder of the files, from the workspace; the landing zone unless given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    kind: Literal["files"] = "files"
    root: str | None = None


class Asset(BaseModel):
    """How one table of a source is delivered.

    Attributes:
        format: of files: csv, jsonl or parquet.
        encoding: of text files; `utf-8` or `gb18030`.
        path: glob under the root; `{source}/{asset}/*.{format}` unless given.
        optional: no file at all is no error.
        rename: the partner's column name → ours.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal["csv", "jsonl", "parquet"] = "csv"
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    path: str | None = None
    optional: bool = False
    rename: dict[str, str] = {}


class Source(BaseModel):
    """A partner and the tables it delivers.

    Attributes:
        connection: how its tables are reached; each kind has its file in `jobs/ingest/`.
        gates: its tables say who may be asked for at all, so it is refined before any other source is pulled.
        schedule: cron expression for production; the sandbox triggers by hand.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    title: Text
    connection: FileDrop = FileDrop()
    gates: bool = False
    schedule: str | None = None
    assets: dict[str, Asset]

    def glob(self, asset: str) -> str:
        """Glob of an asset's files below the root."""
        entry = self.assets[asset]
        return entry.path or f"{self.name}/{asset}/*.{entry.format}"


def read(path: Path) -> Source:
    """Read one source file; its name is the source's name.

    Raises:
        FieldstoneError: the file is not a valid source.
    """
    try:
        return Source.model_validate({"name": path.stem} | yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise FieldstoneError(f"source conf/sources/{path.name} is not valid: {error}") from error
