"""Reads declarations: YAML into a typed model, with errors that name the file and the place in it.

YAML 1.1 doesn't read `no`, `on` or `2024-01-05` as text. A name like that, or a name that occurs twice, is an error;
without it, the first would silently become another name, and of the second only one value would count.
"""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import yaml
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from conf.schema import earlier_names
from conf.schema.declaration import is_mapping
from conf.schema.errors import ContractError
from conf.schema.languages import SHOWN, filled

Declared = TypeVar("Declared", bound=BaseModel)

# such a name becomes part of the names of files and of addresses
NAME = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
Name = Annotated[str, Field(pattern=f"^{NAME}$")]

_KINDS: dict[type, str] = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    dt.date: "a date",
    dt.datetime: "a moment",
}
_OTHER_KINDS: dict[type, str] = {list: "a list", dict: "a mapping", str: "a text"}
_WORDS = {"missing": "is missing", "extra_forbidden": "is no field here"}
# kind of pydantic's error → what would be right
_WANTED = {
    "literal_error": "{expected}",
    "enum": "{expected}",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("tuple_type", "list_type"), "a list, such as [a, b]"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a mapping, such as {{name: value}}"),
    "greater_than": "greater than {gt}",
    "greater_than_equal": "greater than or equal to {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "less than or equal to {le}",
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,15}|-?[0-9.]{1,5}")
_MERGE = "tag:yaml.org,2002:merge"


def read(model: type[Declared], path: Path, what: str, languages: Sequence[str] = SHOWN, **known: Any) -> Declared:
    """Read one file.

    Args:
        model: model of the declaration.
        path: the file.
        what: begin of the error's text, such as `policy conf/policy.yaml is`.
        languages: languages of the workspace's texts.
        known: fields that follow from the file's path, such as its name; the file's own content takes precedence.

    Raises:
        ContractError: the file isn't YAML, or doesn't fit the model.
    """
    try:
        stated = filled(parsed(path, what), languages)
    except ValueError as error:
        raise ContractError(f"{what} not valid: {error}") from None
    return checked(model, known | stated if is_mapping(stated) else stated, what)


def parsed(path: Path, what: str) -> Any:
    """The content of a YAML file.

    Raises:
        ContractError: it isn't YAML in UTF-8, or a name isn't a text or occurs twice; the error begins with `what`.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8-sig"), _Loader)
    except UnicodeDecodeError:
        raise ContractError(f"{what} not valid: it isn't text in UTF-8; save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}: " if mark else ""
        raise ContractError(f"{what} not valid: {place}{error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise ContractError(f"{what} not valid: {str(error).splitlines()[0]}") from None


def checked(model: type[Declared], stated: Any, what: str) -> Declared:
    """Validate content against a model.

    Raises:
        ContractError: it doesn't fit; the error begins with `what` and names each mistake.
    """
    try:
        return model.model_validate(stated)
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        raise ContractError(f"{what} not valid: {'; '.join(map(_mistake, mistakes))}") from None


class _Loader(yaml.CSafeLoader):
    """Loader of safe YAML whose names are texts and occur only once in each mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        construct = cast(Any, self).construct_object  # untyped in PyYAML
        names = [key for key, _ in node.value if key.tag != _MERGE]
        known: set[str] = set()
        for key in names:
            name = construct(key, deep=True) if isinstance(key, yaml.ScalarNode) else None
            if not isinstance(name, str):
                written = key.value if isinstance(key, yaml.ScalarNode) else "that is a list or a mapping"
                raise _problem(key, f"YAML reads the name {written} as {_read_as(name)}; quote it")
            if name in known:
                raise _problem(key, f"the name {name} is listed twice in one place; keep one of them")
            known.add(name)
        return super().construct_mapping(node, deep)


def _problem(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def _read_as(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "nothing" if value is None else _KINDS.get(type(value), "no text")


def kind(value: object) -> str:
    """The kind of a value, for an error; never the value itself."""
    if value is None:
        return "not given"
    word = _KINDS.get(type(value)) or _OTHER_KINDS.get(type(value), "no text")
    return f"{word} to YAML (quote it if it is a name)" if type(value) in _KINDS else word


def _mistake(error: ErrorDetails) -> str:
    """Text on a mistake: its place, what was given and what would be right."""
    place = _place(error["loc"])
    if error["type"] == "extra_forbidden" and (now := earlier_names.NOW.get(str(error["loc"][-1]))):
        return f"{place}: is called {now} now; rename it"
    says = _WORDS.get(error["type"], error["msg"].removeprefix("Value error, "))
    if wanted := _WANTED.get(error["type"]):
        says = f"is {_shown_input(error)}, and has to be {wanted.format(**error.get('ctx', {}))}"
    return f"{place}: {says}" if place else says


def _place(names: Sequence[int | str]) -> str:
    """The place of a mistake: names of fields joined by dots; entries of lists are numbered from 1."""
    return "".join(f" (entry {name + 1})" if isinstance(name, int) else f".{name}" for name in names).lstrip(".")


def _shown_input(error: ErrorDetails) -> str:
    """The given value if a number or one of some words is required; else only its kind, because it may be a secret."""
    value: object = error["input"]
    is_shown = error["type"] in ("literal_error", "enum") or "{" in _WANTED[error["type"]]
    if is_shown and type(value) in (str, int, float) and _WORD.fullmatch(str(value)):
        return repr(value)
    return kind(value)
