"""What every declaration is: fixed once it is read, and without a field that its kind doesn't name."""

from collections.abc import Sequence
from typing import Any, TypeGuard

from pydantic import BaseModel, ConfigDict


class Declaration(BaseModel):
    """Part of what a workspace declares; an unknown field is a mistake to be told, not to be passed over."""

    # a field that YAML calls by a word of Python (`class`, `from`) is known by its own name too
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def is_mapping(stated: Any) -> TypeGuard[dict[str, Any]]:
    """Whether what a file states is a mapping; its names are texts, or the file isn't read."""
    return isinstance(stated, dict)


def is_list(stated: Any) -> TypeGuard[Sequence[Any]]:
    """Whether what a file states is a list; a text is none."""
    return isinstance(stated, list | tuple)
