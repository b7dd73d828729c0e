"""The source files of a workspace, each in the variant that the environment selects."""

import os
import re
from pathlib import Path

from conf.schema import yaml_reader
from conf.schema.errors import ContractError


def chosen(folder: Path, environ: dict[str, str] | None = None) -> list[Path]:
    """The source files of a folder, each in the variant that the environment selects.

    `FIELDSTONE_SOURCE_BANK=postgres` selects `bank@postgres.yaml` in place of `bank.yaml`: the same tables, over
    another connection.

    Raises:
        ContractError: there is no such variant.
    """
    environ = dict(os.environ) if environ is None else environ
    return [_variant(p, environ.get(f"FIELDSTONE_SOURCE_{p.stem.upper()}")) for p in plain(folder)]


def plain(folder: Path) -> list[Path]:
    """The source files of a folder without a variant; the sandbox's county is delivered by these."""
    return sorted(path for path in folder.glob("*.yaml") if "@" not in path.stem)


def _variant(path: Path, name: str | None) -> Path:
    if not name:
        return path
    if not re.fullmatch(yaml_reader.NAME, name):
        raise ContractError(
            f"FIELDSTONE_SOURCE_{path.stem.upper()} must be a name of letters, digits, _ and -; rename the variant"
        )
    other = path.with_stem(f"{path.stem}@{name}")
    if not other.exists():
        there = sorted(p.stem.split("@")[1] for p in path.parent.glob(f"{path.stem}@*.yaml"))
        raise ContractError(
            f"FIELDSTONE_SOURCE_{path.stem.upper()}={name}: there is no conf/sources/{other.name}; "
            f"leave it unset or give one of {', '.join(there) or 'none'}"
        )
    return other
