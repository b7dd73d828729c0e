"""Runs a verb: in its workspace, as of its moment, on a state in the required condition."""

import argparse
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from inspect import signature
from pkgutil import resolve_name
from typing import Any

from conf.schema.clock import zoned
from conf.schema.errors import INTERRUPTED, FieldstoneError, UsageError
from conf.schema.workspace import Workspace, load
from jobs.command import logs
from jobs.command.documents import document
from jobs.command.parser import NeedsState
from lake import state
from pipeline.context import Context
from pipeline.failures import STOPPED, message

LOG = logging.getLogger(__name__)

# Verbs that change the content of the start page. `docs` and `summary` write the page themselves; the results of
# `ingest` and `refine` appear once partners are inspected.
SHOWN = {
    "approve", "batches", "decide", "decisions", "erase", "exit", "partner", "policy", "quarantine", "reject", "retire",
    "send-back", "train",
}  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the verb of parsed arguments; returns the exit code, see `jobs.cli.main`."""
    workspace = None
    try:
        logs.set_up(arguments.verb, output_is_kept=arguments.as_json)
        workspace = _workspace(arguments)
        result = _run_in(workspace, arguments)
        if arguments.as_json:
            print(document(result), flush=True)
        if arguments.require:
            arguments.require(result)
    except KeyboardInterrupt:
        whole = f". {state.condition(workspace.settings.home)}" if workspace else ""
        LOG.error(f"interrupted{whole}; run it again", extra={"exit_code": INTERRUPTED, "is_transient": True})
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("FIELDSTONE_DEBUG"):
            raise
        kind = error if isinstance(error, FieldstoneError) else FieldstoneError
        LOG.error(
            _error_text(error, workspace),
            extra={"error": type(error).__name__, "exit_code": kind.exit_code, "is_transient": kind.is_transient},
        )
        return kind.exit_code
    return 0


def perform(context: Context, arguments: argparse.Namespace) -> Any:
    """Run the verb of parsed arguments in a context; returns its result."""
    run = imported(arguments.run)
    taken = [*signature(run).parameters][1:]
    return run(context, **{name: getattr(arguments, name) for name in taken})


def imported(run: Callable[..., Any] | str) -> Callable[..., Any]:
    """The function that a verb runs, imported if the verb's file names only its place."""
    return resolve_name(run) if isinstance(run, str) else run


def _run_in(workspace: Workspace, arguments: argparse.Namespace) -> Any:
    home, present = workspace.settings.home, workspace.settings.now()
    as_of = arguments.as_of and zoned(arguments.as_of, workspace.settings.time_zone)
    context = Context(workspace, as_of or present, present)
    if not arguments.looks_back:
        context.require_clock(arguments.verb)
    elif context.as_of > present:
        raise UsageError(
            f"--as-of {context.as_of.isoformat()} is later than the present, {present.isoformat()}; "
            "it can only look back. Set FIELDSTONE_AS_OF to move the clock of a sandbox"
        )
    act = partial(perform, context, arguments)
    if arguments.state is NeedsState.ANY or (arguments.state is NeedsState.NOT_MADE and not state.is_there(home)):
        return act()
    state.require_whole(home)
    with state.noted(home), _renewing(context, arguments.verb):
        return act()


@contextmanager
def _renewing(context: Context, verb: str) -> Iterator[None]:
    """Write the start page anew after a verb, even one that failed; if this fails, the verb ends all the same."""
    try:
        yield
    finally:
        if verb in SHOWN:
            from pipeline.overview import start_page  # slow to import, and other verbs don't need it

            try:
                start_page.renew(context)
            except Exception as error:
                LOG.error("the start page wasn't updated: %s", message(error))


def _error_text(error: Exception, workspace: Workspace | None) -> str:
    """Text of an error; after an error of the system, it also says whether written data are complete."""
    text = message(error)
    return f"{text}. {state.condition(workspace.settings.home)}" if workspace and STOPPED in text else text


def _workspace(arguments: argparse.Namespace) -> Workspace:
    workspace = load(arguments.workspace)
    stated = {"engine": arguments.engine} if arguments.engine else {}
    return replace(workspace, settings=workspace.settings.model_copy(update=stated))
