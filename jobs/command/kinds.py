"""Types of arguments of the `fieldstone` command: each function parses a text, or refuses it and says what is right."""

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from conf.schema.errors import FieldstoneError
from conf.schema.person_names import a_name, in_words


def moment(text: str) -> datetime:
    """A moment in ISO 8601."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} isn't a moment in ISO 8601; write it as 2026-01-01T00:00:00Z"
        ) from error


def day(text: str) -> date:
    """A day in ISO 8601."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} isn't a day in ISO 8601; write it as 2026-12-31") from error


def words(text: str) -> str:
    """The reason for an act, in the form in which it is stored for good."""
    return _checked(text, in_words)


def person(text: str) -> str:
    """The name of a person who acts, in the form in which it is stored for good."""
    return _checked(text, a_name)


class Answer(argparse.Action):
    """Gathers answers, one `NAME=TEXT` per line, by the name of the finding."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        for line in values.split("\n"):
            self._add(namespace, line)

    def _add(self, namespace: argparse.Namespace, line: str) -> None:
        name, _, text = line.partition("=")
        if not name or not text.strip():
            raise argparse.ArgumentError(
                self, f"{line!r} isn't an answer; write the finding and your answer as NAME=TEXT"
            )
        pairs = getattr(namespace, self.dest) or {}
        if name in pairs:
            raise argparse.ArgumentError(self, f"{name} is answered twice; answer it once")
        try:
            setattr(namespace, self.dest, pairs | {name: words(text.strip())})
        except argparse.ArgumentTypeError as error:
            raise argparse.ArgumentError(self, str(error)) from error


def _checked(text: str, rule: Callable[[str], str]) -> str:
    try:
        return rule(text)
    except FieldstoneError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


class Choose(argparse.Action):
    """Adds a criterion for rows of quarantine, or entries of the trail, to the dataclass `chosen`."""

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        namespace.chosen = replace(namespace.chosen, **{self.dest: values})
