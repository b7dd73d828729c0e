"""The parser of the `fieldstone` command: it has a verb for each file of `jobs/`, with the file's name.

A verb's file has three parts: a docstring with the command, a colon and what the verb does, and below it examples of
it, indented, one for each action at least; `FOR`, one of `USERS`; and `declare`, which adds its arguments. The first
two are read without importing the file, because the imports of a verb take seconds and `fieldstone --help` needs none
of them.
"""

import argparse
import ast
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from conf.schema.errors import FAILED, INTERRUPTED, REFUSED, UNREADABLE
from jobs.command import logs
from jobs.command.kinds import moment

LOG = logging.getLogger(__name__)
FOLDER = Path(__file__).parents[1]
LOOKING_BACK = "build-features, train, consent show, consent check"
USERS = ("everybody", "data engineers", "modelers", "governance")
_ENDS = (
    f"Ends with 0 if all went well; {REFUSED} if batches or files were refused and set aside, so that running it again "
    f"changes nothing (fieldstone batches list); {FAILED} after any other error, {UNREADABLE} if the command can't be "
    f"read, and {INTERRUPTED} if it was interrupted. "
    "With FIELDSTONE_LOG=json notes come as lines of JSON, and an error with its kind (docs/runbook.md); --json "
    "prints the result."
)


class NeedsState(StrEnum):
    """The condition of the state folder that a verb requires."""

    WHOLE = "whole"  # refuses a state with lost or foreign parts; records the state that it leaves
    ANY = "any"  # records nothing, because looking at a loss doesn't accept it
    NOT_MADE = "not made"  # without a state like `ANY`, and creates none; with a state like `WHOLE`


@dataclass(frozen=True)
class Verb:
    """A verb by its file.

    Attributes:
        about: what it does, in one line.
        users: its kind of user, one of `USERS`.
        examples: whole commands, as they are typed.
    """

    name: str
    about: str
    users: str
    examples: tuple[str, ...]

    @property
    def module(self) -> str:
        return f"jobs.{self.name.replace('-', '_')}"


class Actions:
    """The actions of a verb that has several, such as `quarantine list`."""

    def __init__(self, verb: argparse.ArgumentParser) -> None:
        self._parsers = verb.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(self, name: str, run: Callable[..., Any] | str, about: str, **asks: Any) -> argparse.ArgumentParser:
        """Add an action; `asks` are arguments of `runs`."""
        action = self._parsers.add_parser(name, help=about, description=about)
        runs(action, run, **asks)
        return action


def runs(
    parser: argparse.ArgumentParser,
    run: Callable[..., Any] | str,
    looks_back: bool = False,
    state: NeedsState = NeedsState.WHOLE,
    in_workspace: bool = True,
    require: Callable[[Any], None] | None = None,
) -> None:
    """Let a parser run a function with the context and, by their names, the arguments that the function takes.

    The function returns its result, which `--json` prints; a function with `as_json` prints nothing itself then.

    Args:
        run: the function, or its place, such as `pipeline.training:train`: modules behind it take seconds to import,
            and `--help` of the verb needs none of them.
        looks_back: whether it may be run as of a past moment.
        state: condition of the state folder that it requires.
        in_workspace: whether workspace, moment and engine can be set by arguments.
        require: function that raises if the caller must not go on with the result; the result is printed all the same.
    """
    parser.set_defaults(run=run, looks_back=looks_back, state=state, require=require)
    if in_workspace:
        _runs_in(parser, looks_back)
    else:
        parser.set_defaults(workspace=None, as_of=None, engine=None)
    about = "print the result as one line of JSON on standard output, for programs; notes go to standard error"
    parser.add_argument("--json", dest="as_json", action="store_true", help=about)


def _runs_in(parser: argparse.ArgumentParser, looks_back: bool) -> None:
    """Arguments of a function that runs in a workspace."""
    parser.add_argument(
        "--workspace",
        type=Path,
        help="folder with its own conf/, such as examples/sba_farm (default: FIELDSTONE_WORKSPACE, or the project's)",
    )
    about = (
        "moment to look back to, ISO 8601, such as 2026-01-31; without a zone, in the workspace's zone (default: now)"
    )
    if not looks_back:
        about = f"moment, such as 2026-01-31; refused unless it is the present (those that look back: {LOOKING_BACK})"
    parser.add_argument("--as-of", type=moment, help=about)
    parser.add_argument(
        "--engine", choices=["sail", "spark", "connect"], help="engine to use in place of the one in the settings"
    )


def parser(named: str | None = None) -> argparse.ArgumentParser:
    """The command with all its verbs; only the named verb, or each if none is named, has its arguments."""
    command = _Command(
        prog="fieldstone",
        description="\n\n".join(["Rural credit data and joint modelling.", *_listed()]),
        epilog=_ENDS,
    )
    command.add_argument("--version", action="version", version=f"fieldstone {version('fieldstone')}")
    parsers = command.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in verbs():
        added = parsers.add_parser(verb.name, description=verb.about)
        if named in (None, verb.name):
            import_module(verb.module).declare(added)
    return command


@cache
def verbs() -> tuple[Verb, ...]:
    """All verbs, in order of their names, as their files declare them."""
    return tuple(_read(path) for path in sorted(FOLDER.glob("*.py")) if path.stem not in ("__init__", "cli"))


def _read(path: Path) -> Verb:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    text = ast.get_docstring(tree) or ""
    about = text.partition("`: ")[2].partition("\n\n")[0]
    examples = tuple(line.strip() for line in text.splitlines() if line.startswith("fieldstone "))
    constants = {ast.unparse(each.targets[0]): each.value for each in tree.body if isinstance(each, ast.Assign)}
    users = ast.literal_eval(constants["FOR"])
    return Verb(path.stem.replace("_", "-"), " ".join(about.split()).rstrip("."), users, examples)


def _listed() -> Iterator[str]:
    width = max(len(verb.name) for verb in verbs())
    for users in USERS:
        lines = [f"  {verb.name:{width}}  {verb.about}" for verb in verbs() if verb.users == users]
        yield "\n".join([f"for {users}:", *lines])


class _Command(argparse.ArgumentParser):
    """Ends its help with examples, and reports arguments that can't be read in the form of the logs."""

    def __init__(self, prog: str, **options: Any) -> None:
        own = [each for verb in verbs() for each in verb.examples if f"{each} ".startswith(f"{prog} ")]
        super().__init__(prog, **{"epilog": "\n  ".join(["examples:", *own]), "formatter_class": _AsLaidOut, **options})

    def error(self, message: str) -> NoReturn:
        if message.startswith("argument ACTION: "):
            message += f"; the action comes before any option: {self.prog} ACTION --workspace FOLDER"
        if not logs.is_json():
            super().error(message)
        logs.set_up(" ".join(self.prog.split()[1:2]))
        LOG.error(message, extra={"error": "UsageError", "exit_code": UNREADABLE, "is_transient": False})
        raise SystemExit(UNREADABLE)


class _AsLaidOut(argparse.RawDescriptionHelpFormatter):
    """Keeps the layout of the list of verbs, and wraps other texts."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        folds = "\n" not in text
        return (argparse.HelpFormatter if folds else argparse.RawDescriptionHelpFormatter)._fill_text(
            self, text, width, indent
        )
