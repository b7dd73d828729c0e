"""HTML pages: the one way in which templates are read."""

from collections.abc import Callable
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates(package: str, **filters: Callable[..., str]) -> Environment:
    """The folder `templates` of a package: values are escaped, and one that isn't there is an error.

    Args:
        filters: by name, how templates write values.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast(Any, environment).filters.update(filters)  # which Jinja leaves untyped
    return environment
