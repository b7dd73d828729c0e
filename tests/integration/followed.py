"""Follows a page of docs/ word for word: writes the files that it shows, types its commands, looks for what it says.

A fenced block with a `title` is a file. A `diff` one changes lines of it, wherever they are: those with a minus, which
are there once, become those with a plus that stand beside them, and `…` stays what it was. In a `console` block a line
that begins with `$ ` is typed, and those below it are lines of what it answers, where `…` stands for anything.
"""

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conf.schema.workspace import ROOT
from jobs.cli import main

_FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block; `title` is the path of a file, or empty."""

    language: str
    title: str
    text: str


@dataclass
class Reader:
    """Somebody who reads a page in a copy of a workspace.

    Attributes:
        workspace: where files are written and commands are typed.
    """

    workspace: Path
    environment: pytest.MonkeyPatch
    answers: dict[str, str] = field(default_factory=dict)

    def follow(self, page: str) -> dict[str, str]:
        """Do what a page says; returns what each command has answered.

        Raises:
            AssertionError: a command answers otherwise.
        """
        self.environment.chdir(self.workspace)
        for block in blocks(page):
            if block.title:
                self.write(block)
            elif block.language == "console":
                for command, expected in typed(block.text):
                    self._type(command, expected)
        return self.answers

    def write(self, block: Block) -> None:
        """Write the file that a block shows, or change it."""
        path = self.workspace / block.title
        if block.language == "diff":
            path.write_text(changed(path.read_text(encoding="utf-8"), block.text), encoding="utf-8")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def _type(self, command: str, expected: list[str]) -> None:
        words = shlex.split(command)
        if words[0] == "export":
            for name, _, value in (word.partition("=") for word in words[1:]):
                self.environment.setenv(name, value)
            return
        if words[0] == "unset":
            for name in words[1:]:
                self.environment.delenv(name, raising=False)
            return
        assert words[0] == "fieldstone", f"{command!r}: the test types `fieldstone`, `export` and `unset`; write it so"
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
            says_where = "--workspace" in words or words[1] == "init"
            code = main(words[1:] if says_where else [*words[1:], "--workspace", "."])
        answer = self.answers[command] = out.getvalue()
        fails = any(line.startswith(f"fieldstone {words[1]}: ") for line in expected)
        assert (code != 0) == fails, f"{command!r} ended with {code}:\n{answer}"
        for line in expected:
            pattern = ".*".join(re.escape(part) for part in line.split("…"))
            assert re.search(f"^ *{pattern}$", answer, re.MULTILINE), f"{command!r} doesn't say {line!r}:\n{answer}"


def changed(text: str, diff: str) -> str:
    """A text after the changes of a `diff` block.

    Raises:
        AssertionError: what is to be changed isn't there once.
    """
    pairs: list[tuple[list[str], list[str]]] = []
    side = ""
    for line in diff.splitlines():
        if not pairs or (side, line[:1]) == ("+", "-"):
            pairs.append(([], []))
        side = line[:1]
        pairs[-1][side == "+"].append(line[1:])
    for before, after in (("".join(f"{line}\n" for line in lines) for lines in pair) for pair in pairs):
        there = re.findall("(.*)".join(re.escape(part) for part in before.split("…")), text)
        assert len(there) == 1, f"the page changes what isn't there once:\n{before}"
        text = text.replace(before.replace("…", there[0]), after.replace("…", there[0]))
    return text


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page below docs/, in their order."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [Block(*parts) for parts in _FENCE.findall(text)]


def typed(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a console block, with the lines of its answer."""
    for part in re.split(r"^\$ ", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, *expected = part.rstrip("\n").split("\n")
        yield command, [line.strip() for line in expected if line.strip(" …")]
