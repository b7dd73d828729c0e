"""The data dictionary: every contract and every table of gold on one page."""

from collections.abc import Iterable, Mapping, Sequence

from conf.schema import html_pages
from conf.schema.contract import Column, Contract
from conf.schema.gold_table import GATES, GoldTable
from conf.schema.languages import SHOWN


def render(
    contracts: Mapping[str, Contract],
    gold: Iterable[GoldTable],
    languages: Sequence[str] = SHOWN,
    *,
    currency: str,
) -> str:
    """One self-contained HTML page in a workspace's languages and currency; equal declarations give equal bytes."""
    templates = html_pages.templates("expectations", languages, bounds=_bounds, handling=_handling)
    return templates.get_template("dictionary.html.j2").render(
        contracts=[contracts[name] for name in sorted(contracts)], gold=[*gold], gates=GATES, currency=currency
    )


def _bounds(column: Column) -> str:
    """The conditions on a column's values, in one line."""
    parts = []
    if column.min is not None or column.max is not None:
        parts.append(f"{'−∞' if column.min is None else column.min} … {'∞' if column.max is None else column.max}")
    if column.values_from:
        parts.append(f"from {column.values_from}")
    elif column.values:
        parts.append(", ".join(column.values))
    parts += [text for text in (column.pattern, column.format, column.parse) if text]
    if column.references:
        parts.append(f"→ {column.references.table}.{column.references.column}")
    return "; ".join(map(str, parts))


def _handling(column: Column) -> str:
    """How a column's value is stored, if not as received."""
    kinds = {
        "vault": bool(column.identifier),
        "token": column.pseudonym,
        "protected": column.protected,
        "outcome": column.outcome,
    }
    return ", ".join(name for name, holds in kinds.items() if holds)
