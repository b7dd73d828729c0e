"""What a table of gold is: what it holds, and the gate that a read has to pass."""

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
    """What must hold for a row to be read.

    Attributes:
        CONSENTS: all consents that it rests on hold for the purpose, those of other people only while they share.
        SUBJECT: whoever it is of consents to the purpose, whatever basis the records behind it stand on.
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
        en, zh: what it is; `{currency}` stands for the workspace's, see `in_currency`.
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
        """What it is, sums in a currency of ISO 4217, whatever the name of the column ends in."""
        return Text(
            en=self.en.replace("{currency}", currency),
            zh=self.zh.replace("{currency}", currency_zh(currency)),
        )


class GoldTable(Declaration):
    """One table of gold.

    Attributes:
        table: its name.
        grain: what a row is about.
        gates: all that must hold for a row to be read.
        ungated_because: why rows are read without a gate; for a table that has none.
        purposes: what it may be read for.
        columns: those that are known before it is built.
        needed: of these, the ones that every row has; all that the gates judge by are among them.
        more: what further columns are, where the declarations of a workspace say which there are.
        is_kept: rows stay for the term of what was decided, however the consents behind them end; else they go with
            these.
        named_by: columns that name a row, where rows are sealed, see `lake.seals`.
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
