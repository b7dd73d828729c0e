"""The reference of commands, from what `--help` says."""

import argparse
import os
from collections.abc import Iterator

from jobs.command.parser import parser


def reference() -> str:
    """Every verb, and every action of one, with its help, as Markdown."""
    os.environ["COLUMNS"] = "100"  # what argparse folds its text at
    return "\n\n".join(
        f"{'#' * (level + 1)} {name}\n\n```text\n{each.format_help()}```" for level, name, each in _all(parser())
    )


def _all(each: argparse.ArgumentParser, level: int = 1) -> Iterator[tuple[int, str, argparse.ArgumentParser]]:
    yield level, each.prog, each
    for action in each._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _all(below, level + 1)
