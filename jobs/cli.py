"""The `fieldstone` command."""

import argparse
import gc
import os
import sys
from dataclasses import replace
from functools import partial
from importlib import import_module

from conf.schema.clock import zoned
from conf.schema.errors import FAILED, REFUSED, FieldstoneError, Refused
from conf.schema.workspace import Workspace, load
from jobs.arguments import parser
from lake import state
from pipeline.context import Context
from pipeline.failures import STOPPED, told

_WHATEVER_THE_STATE = {"generate", "state", "restore"}  # the others are refused where something is lost or another's
_WITHOUT_STATE = {"jobs.enrolment:enrol", "jobs.people:list_people"}  # they make none where there is none
_OURS_ALONE = 0o077  # what we write nobody else on the machine can read: files 0600, folders 0700
# A command is short, and most objects that it makes are modules' and stay: to look through all of them for garbage
# again and again is a sixth of the time that the imports take.
OBJECTS_BETWEEN_COLLECTIONS = 200_000


def main(argv: list[str] | None = None) -> int:
    """Run one verb; 0 if it went well, else with a one-line error.

    1 if it may go well when it is run again; 3 if something was refused, which only a person can put right.

    `FIELDSTONE_DEBUG=1` shows the traceback of an error too.
    """
    os.umask(_OURS_ALONE)
    arguments = parser().parse_args(argv)
    workspace = None
    try:
        workspace = _workspace(arguments)
        present = workspace.settings.now()
        as_of = arguments.as_of and zoned(arguments.as_of, workspace.settings.time_zone)
        context = Context(workspace, as_of or present, present)
        if not arguments.looks_back:
            context.require_clock(arguments.verb)
        elif context.as_of > present:
            raise FieldstoneError(
                f"--as-of {context.as_of.isoformat()} is later than the present, {present.isoformat()}; "
                "it can only look back. Set FIELDSTONE_AS_OF to move the clock of a sandbox"
            )
        module, function = arguments.runs.split(":")
        given = {name: getattr(arguments, name) for name in arguments.takes}
        perform = partial(getattr(import_module(module), function), context, **given)
        is_apart = arguments.runs in _WITHOUT_STATE and not state.is_there(workspace.settings.home)
        if arguments.verb in _WHATEVER_THE_STATE or is_apart:
            perform()  # nothing is noted: to look at a loss isn't to accept it
        else:
            state.require_whole(workspace.settings.home)
            with state.noted(workspace.settings.home):
                perform()
    except Exception as error:
        if os.environ.get("FIELDSTONE_DEBUG"):
            raise
        print(f"fieldstone {arguments.verb}: {_said(error, workspace)}", file=sys.stderr)
        return REFUSED if isinstance(error, Refused) else FAILED
    return 0


def command() -> None:
    """The console script. It leaves at once: threads of native libraries may abort an orderly shutdown."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _said(error: Exception, workspace: Workspace | None) -> str:
    """An error in words; after one of the system, whether what was written is whole."""
    text = told(error)
    return f"{text}. {state.told_whole(workspace.settings.home)}" if workspace and STOPPED in text else text


def _workspace(arguments: argparse.Namespace) -> Workspace:
    workspace = load(arguments.workspace)
    stated = {"engine": arguments.engine} if arguments.engine else {}
    return replace(workspace, settings=workspace.settings.model_copy(update=stated))


if __name__ == "__main__":
    command()
