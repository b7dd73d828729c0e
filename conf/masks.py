"""How identifiers are shown to people: ID number 1+1, phone 3+4, card 6+4 (JR/T 0171); names keep the family name."""

import re

from conf.contract import Contract

_KEPT = {"resident_id": (1, 1), "phone": (3, 4), "card": (6, 4), "name": (1, 0), "address": (0, 0)}
_WORD = re.compile(r"\w+")


def masked(text: str, kind: str) -> str:
    """An identifier with all but its first and last characters starred; one too short for that is all stars."""
    first, last = _KEPT[kind]
    hidden = len(text) - first - last
    return text[:first] + "*" * hidden + text[len(text) - last :] if hidden > 0 else "*" * len(text)


def masked_row(row: dict[str, str | None], contract: Contract) -> dict[str, str | None]:
    """A row of a contract with its identifiers masked."""
    kinds = {name: column.identifier for name, column in contract.columns.items() if column.identifier}
    return {name: masked(v, kinds[name]) if v is not None and name in kinds else v for name, v in row.items()}


def masked_line(line: str) -> str:
    """A line whose columns nobody knows: of every word the first and the last character."""
    return _WORD.sub(lambda match: masked(match[0], "resident_id"), line)
