"""A table of a partner's database: the columns that we read, and the SQL of the queries."""

from dataclasses import dataclass

from conf.schema import required
from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from conf.schema.source import Asset
from pipeline.ingest import ended_consents
from pipeline.ingest.database.connection import qualified, quoted
from pipeline.ingest.database.watermark import INSTANT, Axis
from pipeline.ingest.pull import SchemaDrift
from pipeline.ingest.schema_drift import changed_type, compared

_TEXT = ("text", "character varying", "character", "uuid", "name")
_WHOLE = ("smallint", "integer", "bigint")
_NUMBERS = (*_WHOLE, "numeric", "real", "double precision")
# contract's type → PostgreSQL's types that fit; any other is a changed type
_KINDS = {
    "string": _TEXT,
    "int": _WHOLE,
    "long": _WHOLE,
    "double": _NUMBERS,
    "decimal": _NUMBERS,
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": (INSTANT, "timestamp without time zone"),
}


@dataclass(frozen=True)
class PartnerTable:
    """A table of the partner, and the columns of it that we read.

    Attributes:
        asset: declaration of its name, watermark and overlap.
        contract: contract of its rows.
        types: the partner's column name → type.
    """

    asset: Asset
    contract: Contract
    types: dict[str, str]

    @property
    def name(self) -> str:
        """The partner's name of the table."""
        return required.setting(self.asset, "table")

    @property
    def watermark(self) -> str:
        """The partner's column that grows with every row."""
        return required.setting(self.asset, "watermark")

    @property
    def axis(self) -> Axis:
        """Axis of the watermark."""
        return Axis(self.types[self.watermark])

    @property
    def ours(self) -> dict[str, str]:
        """Our name → the partner's, for the columns that the contract declares."""
        named = {self.asset.rename.get(name, name): name for name in self.types}
        return {name: named[name] for name in self.contract.columns if name in named}

    def text(self, column: str) -> str:
        """A column as text in ISO form, as SQL."""
        zoned = self.types[column] == INSTANT
        return f"({quoted(column)} AT TIME ZONE 'UTC')::text || 'Z'" if zoned else f"{quoted(column)}::text"

    def within(self, low: int, high: int) -> str:
        """SQL condition for rows whose watermark is above position `low` and at most `high`."""
        column, axis = quoted(self.watermark), self.axis
        limits = f"{column} > {axis.literal(low)} AND {column} <= {axis.literal(high)}"
        return f"FROM {qualified(self.name)} WHERE {limits}"

    def query(self, low: int, high: int) -> str:
        """The declared columns of a range of rows as text, as SQL."""
        columns = ", ".join(f"{self.text(theirs)} AS {quoted(name)}" for name, theirs in self.ours.items())
        return f"SELECT {columns} {self.within(low, high)}"


def inspect(table: PartnerTable) -> SchemaDrift:
    """Compare a table's columns with the contract.

    Raises:
        ContractError, PartnerError: a required column is missing, a type has changed, or the watermark isn't there.
    """
    asset, contract = table.asset, table.contract
    names = [asset.rename.get(name, name) for name in table.types]
    ended_consents.require_none(table.name, names, contract)
    drift = compared(table.name, names, contract)
    for name, theirs in table.ours.items():
        column, came = contract.columns[name], table.types[theirs]
        if came not in (_TEXT if column.parse else _KINDS[column.type.split("(")[0]]):
            raise changed_type(table.name, theirs, came, contract, name)
    if table.watermark not in table.types:
        raise ContractError(
            f"{table.name} has no column {table.watermark}, the watermark of {contract.table}; "
            "name another in its source, or ask the partner for it"
        )
    return drift
