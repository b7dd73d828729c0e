"""Plug-ins of a bank: named in the settings, each made from one text."""

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from conf.schema.errors import ContractError


def made(named: str, group: str, what: str) -> Any:
    """The plug-in that `NAME@TEXT` or `package.module:Class@TEXT` names, made of the text behind `@`.

    Args:
        group: of entry points, in which a name is looked up.
        what: it is, for the error.

    Raises:
        ContractError: there is none.
    """
    name, _, argument = named.partition("@")
    entries = [EntryPoint(name, name, group)] if ":" in name else [*entry_points(group=group, name=name)]
    try:
        return entries[0].load()(argument)
    except (IndexError, ImportError, AttributeError) as error:
        raise ContractError(
            f"there is no {what} plug-in {name!r}; give package.module:Class of one that can be imported, "
            f"or the name of an entry point of the group {group}"
        ) from error
