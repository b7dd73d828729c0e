"""The `fieldstone` command."""

import argparse
import os
import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from conf.contract import Purpose
from conf.errors import FieldstoneError
from conf.workspace import Workspace, load
from jobs.context import Context


def main(argv: list[str] | None = None) -> int:
    """Run one verb; 0 if it went well, 1 with a one-line error if it did not.

    `FIELDSTONE_DEBUG=1` shows the traceback of an error too.
    """
    arguments = _parser().parse_args(argv)
    try:
        workspace = _workspace(arguments)
        context = Context(workspace, workspace.settings.now())
        module, function = arguments.runs.split(":")
        given = {name: getattr(arguments, name) for name in arguments.takes}
        getattr(import_module(module), function)(context, **given)
    except FieldstoneError as error:
        if os.environ.get("FIELDSTONE_DEBUG"):
            raise
        print(f"fieldstone {arguments.verb}: {error}", file=sys.stderr)
        return 1
    except Exception as error:
        if os.environ.get("FIELDSTONE_DEBUG"):
            raise
        print(f"fieldstone {arguments.verb}: {_unexpected(error)}", file=sys.stderr)
        return 1
    return 0


def command() -> None:
    """The console script. It leaves at once: threads of native libraries may abort an orderly shutdown."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _unexpected(error: Exception) -> str:
    """An error of the system or of a library, without its text, which may quote a row."""
    number = error.errno if isinstance(error, OSError) else None
    if found := re.search(r"\(os error (\d+)\)", str(error)):
        number = int(found[1])
    cause = os.strerror(number) if number else type(error).__name__
    return (
        f"stopped by the system: {cause}. What was written is whole; put the cause right and run it again "
        "(FIELDSTONE_DEBUG=1 shows the traceback, which may hold data)"
    )


def _workspace(arguments: argparse.Namespace) -> Workspace:
    workspace = load(arguments.workspace)
    stated = {"engine": arguments.engine, "as_of": arguments.as_of}
    settings = workspace.settings.model_copy(update={k: v for k, v in stated.items() if v})
    return replace(workspace, settings=settings)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO 8601 moment such as 2026-01-01T00:00:00Z") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--workspace", type=Path, help="folder with its own conf/ (default: the project's)")
    common.add_argument("--as-of", type=_moment, help="moment to take as now, ISO 8601 (default: the settings' clock)")
    common.add_argument("--engine", choices=["sail", "spark", "connect"], help="overrides the settings")
    parser = argparse.ArgumentParser(prog="fieldstone", description="Rural credit data and joint modelling.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, runs: str, about: str, *takes: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, parents=[common], help=about, description=about)
        added.set_defaults(runs=runs, takes=takes)
        return added

    generate = verb("generate", "jobs.generate:run", "make the sandbox county", "households", "months", "seed", "dirt")
    generate.add_argument("--households", type=int, default=3000)
    generate.add_argument("--months", type=int, default=36)
    generate.add_argument("--seed", type=int, default=7)
    generate.add_argument("--dirt", type=float, default=0.01, help="share of bad rows")
    for name, about in (("ingest", "pull what is new of a source to bronze"), ("refine", "validate bronze to silver")):
        verb(
            name, f"jobs.{name}.run:run" if name == "ingest" else f"jobs.{name}:run", about, "source_name"
        ).add_argument("source_name", metavar="SOURCE")
    verb("build-features", "jobs.build_features:run", "build feature rows and labels in gold")
    verb("train", "jobs.train:run", "train, explain and register a model", "model_name").add_argument(
        "model_name", metavar="MODEL"
    )
    approve = verb("approve", "jobs.approve:run", "make the challenger champion", "model_name", "approver", "sandbox")
    approve.add_argument("model_name", metavar="MODEL")
    approve.add_argument("--approver", required=True, help="who approves; not who trained")
    approve.add_argument("--sandbox", action="store_true", help="record it as an approval by the sandbox reviewer")
    verb("decide", "jobs.decide:run", "score pending applications with the champions")
    consent = verbs.add_parser("consent", help="what may be used of a subject, for what, and why not")
    shown = consent.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, about in (("show", "every scope and purpose"), ("check", "one scope and purpose; fails if it may not")):
        action = shown.add_parser(name, parents=[common], help=about, description=about)
        action.add_argument(
            "--subject", required=True, help="subject key, or - to read an ID number from standard input"
        )
        action.set_defaults(
            runs=f"jobs.consent:{name}", takes=("subject", *(("scope", "purpose") if name == "check" else ()))
        )
    action.add_argument("--scope", required=True)
    action.add_argument("--purpose", required=True, choices=[str(purpose) for purpose in Purpose])
    audit = verbs.add_parser("audit", help="who did what, and whether the trail is whole")
    audited = audit.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, about in (("show", "print the trail"), ("verify", "check every link; fails if one is broken")):
        action = audited.add_parser(name, parents=[common], help=about, description=about)
        action.set_defaults(runs=f"jobs.audit:{name}", takes=())
    verb("docs", "jobs.docs:run", "write the data dictionary and the feature catalogue")
    summary = verb("summary", "jobs.summary:run", "what is in the lake and the registry", "as_json")
    summary.add_argument("--json", dest="as_json", action="store_true")
    verb("run", "jobs.run_all:run", "all of it without Airflow")
    return parser


if __name__ == "__main__":
    command()
