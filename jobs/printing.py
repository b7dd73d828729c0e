"""Tables for people: each cell is whole, however long and in whatever script, and nothing in it is read as markup."""

from rich.console import Console
from rich.table import Column, Table

WIDE = 160  # columns of a table with long cells


def table(*heads: str, title: str | None = None) -> Table:
    """An empty table, whose long words are folded: an ellipsis would lose their end."""
    return Table(*(Column(head, overflow="fold") for head in heads), title=title)


def console(width: int = 110) -> Console:
    """Where it is printed: at least this wide, so that what is piped stays readable."""
    return Console(width=max(Console().width, width), markup=False, highlight=False, emoji=False)
