"""Table names: `{layer}_{source}__{asset}`, and `gold__{asset}` for tables that don't belong to a single source."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from conf.schema.errors import ContractError

Layer = Literal["bronze", "silver", "gold", "quarantine", "vault", "audit"]
LAYERS: tuple[str, ...] = get_args(Layer)

_DATED = re.compile(r"_asof_[0-9]{8}t[0-9]{6,12}z$")
_NAME = re.compile(rf"(?P<layer>{'|'.join(LAYERS)})(?:_(?P<source>[a-z][a-z0-9]*))?__(?P<asset>[a-z][a-z0-9_]*)")


@dataclass(frozen=True)
class TableName:
    """A parsed table name; `str()` returns the name.

    Attributes:
        layer: bronze, silver, gold, quarantine, vault or audit.
        source: source of the table; None for tables of the platform itself.
        asset: name of the content, such as `planting`.
    """

    layer: str
    source: str | None
    asset: str

    def __str__(self) -> str:
        return f"{self.layer}_{self.source}__{self.asset}" if self.source else f"{self.layer}__{self.asset}"

    @property
    def contract(self) -> str:
        """Key of the contract that declares the table's columns, e.g. `farm__planting`."""
        return f"{self.source}__{self.asset}"


def parse(name: str) -> TableName:
    """Split a table name into its parts.

    Raises:
        ContractError: the name doesn't follow this form.
    """
    match = _NAME.fullmatch(name)
    if not match:
        raise ContractError(
            f"{name!r} isn't a table name; expected <layer>_<source>__<asset> or <layer>__<asset> "
            f"with a layer of {', '.join(LAYERS)}, in lower case"
        )
    return TableName(**match.groupdict())


def layered(layer: str, contract: str) -> str:
    """The table of a layer that a contract describes: `("silver", "farm__planting")` → `silver_farm__planting`."""
    return str(parse(f"{layer}_{contract}"))


def model_page(model: str, version: str | None = None) -> str:
    """Path, below the report pages, of a version's report; without a version, of the list of a model's versions."""
    return f"models/{model}/{version}.html" if version else f"models/{model}.html"


def paper_page(model: str, version: str) -> str:
    """Path, below the report pages, of a version's report as a PDF."""
    return f"models/{model}/{version}.pdf"


def label_page(label: str) -> str:
    """Path, below the report pages, of the page on a label."""
    return f"labels/{label}.html"


def customer_page(model: str, version: str) -> str:
    """Path, below the report pages, of the page for customers on a version."""
    return f"models/{model}/customers/{version}.html"


def short(fingerprint: str) -> str:
    """The first characters of a training's fingerprint, which name it in reports, lists and `compare`."""
    return fingerprint[:12]


def dated(table: str, as_of: datetime) -> str:
    """The table that a run for a past moment uses in place of the present one.

    `("gold__training_labels", 2025-01-01 00:00 UTC)` → `gold__training_labels_asof_20250101t000000z`.
    """
    moment = as_of.astimezone(UTC)
    fraction = f"{moment:%f}" if moment.microsecond else ""
    return f"{table}_asof_{moment:%Y%m%dt%H%M%S}{fraction}z"


def is_dated(table: str) -> bool:
    """Whether a table belongs to a run for a past moment."""
    return bool(_DATED.search(table))


def undated(table: str) -> str:
    """The present table that a dated table stands for; any other name is returned unchanged."""
    return _DATED.sub("", table)


def at_versions(tables: Mapping[str, int]) -> str:
    """Tables with their Delta versions as one text, such as `gold__training_labels@2,gold__training_features@4`."""
    return ",".join(f"{table}@{version}" for table, version in tables.items())


def versions(text: str) -> dict[str, int]:
    """The Delta version of each table in a text of `at_versions`."""
    pairs = (each.split("@") for each in text.split(","))
    return {table: int(version) for table, version in pairs}
