"""The declaration of a gold table: its content, and the gates that a read has to pass."""

import re
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from conf.schema.column import Text
from conf.schema.contract import Purpose
from conf.schema.declaration import Declaration
from conf.schema.languages import currency_zh

_TYPE = re.compile(r"string|double|timestamp|decimal\(\d{1,2},\d{1,2}\)|array<(string|double)>")


class ReadGate(StrEnum):
    """A condition for reading a row.

    Attributes:
        CONSENTS: all consents that the row is based on are valid for the purpose; those of other members of the
            household only while they share.
        SUBJECT: the row's subject consents to the purpose, whatever the lawful basis of the records behind it.
    """

    CONSENTS = "consents"
    SUBJECT = "subject"


GATES = {
    ReadGate.CONSENTS: Text(
        en="all consents that a row rests on hold for the purpose, those of other people only while they share",
        zh="该行所依据的授权均对该用途有效，他人的授权仅在其同意共享期间有效",
    ),
    ReadGate.SUBJECT: Text(en="whoever a row is of consents to the purpose", zh="该行所属的个人已就该用途授权"),
}
_JUDGED_BY = {ReadGate.CONSENTS: ("application_id", "subject_key", "consent_ids"), ReadGate.SUBJECT: ("subject_key",)}


class GoldColumn(Declaration):
    """One column of a gold table.

    Attributes:
        type: string, double, timestamp, decimal(p,s), array<string> or array<double>.
        en, zh: description; `{currency}` stands for the workspace's currency, see `in_currency`.
    """

    type: str
    en: str
    zh: str

    @model_validator(mode="after")
    def _known(self) -> Self:
        if not _TYPE.fullmatch(self.type):
            raise ValueError(f"type {self.type!r} is not one of {_TYPE.pattern}")
        return self

    def in_currency(self, currency: str) -> Text:
        """Description with the workspace's currency (ISO 4217), whatever unit the column's name ends in."""
        return Text(
            en=self.en.replace("{currency}", currency),
            zh=self.zh.replace("{currency}", currency_zh(currency)),
        )


class GoldTable(Declaration):
    """One table of gold.

    Attributes:
        table: name of the table.
        grain: what a row stands for.
        gates: conditions for reading a row; all must hold.
        ungated_because: reason why a table without gates is read without one.
        purposes: purposes for which the table may be read.
        columns: columns that are known before the table is built.
        needed: columns that have a value in every row; those that the gates read are among them.
        more: description of further columns, if the workspace's declarations decide which these are.
        is_kept: whether rows are kept for the retention term of decisions, even if the consents behind them end; if
            not, they are deleted with these.
        named_by: columns that identify a row of a table with sealed values, see `lake.seals`.
    """

    table: str
    title: Text
    grain: Text
    gates: tuple[ReadGate, ...] = ()
    ungated_because: Text | None = None
    purposes: tuple[Purpose, ...]
    columns: dict[str, GoldColumn]
    needed: tuple[str, ...]
    more: Text | None = None
    is_kept: bool = False
    named_by: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.gates) == bool(self.ungated_because):
            raise ValueError(f"{self.table} needs gates, or else ungated_because, and not both")
        judged = {name for gate in self.gates for name in _JUDGED_BY[gate]}
        if absent := sorted(judged - {*self.needed}):
            raise ValueError(f"the gates of {self.table} judge by {', '.join(absent)}, which must be needed")
        if absent := sorted({*self.needed} - self.columns.keys()):
            raise ValueError(f"{self.table} needs {', '.join(absent)}, which it doesn't declare")
        return self
