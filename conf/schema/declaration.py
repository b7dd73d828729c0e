"""Base class of declarations: they are immutable, and have no unknown fields."""

from collections.abc import Sequence
from typing import Any, TypeGuard

from pydantic import BaseModel, ConfigDict


class Declaration(BaseModel):
    """Part of a workspace's declarations; an unknown field is an error and isn't ignored."""

    # a field whose name in YAML is a Python keyword (`class`, `from`) can be set by its Python name, too
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def is_mapping(stated: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a value from a file is a mapping; `conf.schema.yaml_reader` has checked that its names are texts."""
    return isinstance(stated, dict)


def is_list(stated: Any) -> TypeGuard[Sequence[Any]]:
    """Whether a value from a file is a list; a text isn't one."""
    return isinstance(stated, list | tuple)
