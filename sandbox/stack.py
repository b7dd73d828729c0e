"""The embedded stack: a real Airflow (and MLflow) on this machine, for a run from end to end or to look at.

`run` generates the sandbox county, starts Airflow, follows the chain of DAGs to its end and stops Airflow again;
`up` leaves Airflow, MLflow and the reports running; `down` stops them; `status` tells what runs.
"""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from filelock import FileLock, Timeout

from conf import workspace
from conf.errors import FieldstoneError
from conf.workspace import Workspace
from sandbox import commands
from sandbox.airflow_home import OPERATOR, REVIEWER, AirflowHome, free_port
from sandbox.chain import Chain, Outcome, dag_ids
from sandbox.processes import MARK, Roster
from sandbox.progress import Clock, report_failure, report_time, report_waiting
from sandbox.servers import Servers


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 if it went well, 1 if not."""
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        return arguments.runs(workspace.load(), arguments)
    except FieldstoneError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def run(place: Workspace, arguments: argparse.Namespace) -> int:
    """Everything from end to end."""
    clock = Clock()
    with _roster(place) as roster:
        if roster.facts and roster.alive():
            raise FieldstoneError("Airflow is up already; `make down` stops it")
        if left := roster.stop():
            clock.say(f"stopped {left} processes that an interrupted run left behind")
        with clock.step("sandbox county"):
            place = commands.county(place, {name: getattr(arguments, name) for name in commands.COUNTY})
        with _stopping(roster):
            with clock.step("start of Airflow"):
                servers = Servers(AirflowHome(place, free_port()), roster)
                chain = _start_chain(servers, clock)
            with clock.step("DAGs"):
                outcome = chain.run()
            if outcome == Outcome.FAILED:
                report_failure(chain)
            if outcome != Outcome.AWAITING_APPROVAL:
                chain.clear_leftovers()
                servers.home.unfinished.unlink()
        if outcome == Outcome.FAILED:
            return 1
        with clock.step("summary"):
            commands.fieldstone(place, "summary")
    report_time(clock, chain.tasks, place.settings.home / "reports" / "run_times.json")
    if outcome == Outcome.AWAITING_APPROVAL:
        report_waiting(chain)
    return 0


def up(place: Workspace, arguments: argparse.Namespace) -> int:
    """Airflow, MLflow and the reports, kept running."""
    with _roster(place) as roster:
        if not (roster.facts and roster.alive()):
            roster.stop()
            with contextlib.ExitStack() as on_failure:
                on_failure.enter_context(_stopping(roster))
                _bring_up(Servers(AirflowHome(commands.at_its_date(place), free_port(8080)), roster))
                on_failure.pop_all()
    return status(place, arguments)


def down(place: Workspace, _arguments: argparse.Namespace) -> int:
    """Stop what `up` started."""
    with _roster(place) as roster:
        stopped = roster.stop()
    print(f"stopped {stopped} processes" if stopped else "nothing was running")
    return 0


def status(place: Workspace, _arguments: argparse.Namespace) -> int:
    """What runs, and where to look at it."""
    roster = Roster.open(_roster_path(place))
    running = roster.alive()
    for entry in running:
        print(f"{entry.name:<14} process {entry.pid}")
    for name, fact in roster.facts.items() if running else ():
        print(f"{name:<14} {fact}")
    if not running:
        print("nothing is running; `make up` starts Airflow, MLflow and the reports")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stack", description=__doc__.partition("\n")[0])
    verbs = parser.add_subparsers(required=True, metavar="run|up|down|status")
    for command in (run, up, down, status):
        verbs.add_parser(command.__name__, help=command.__doc__).set_defaults(runs=command)
    for name, default in commands.COUNTY.items():
        about = f"of the county, if there is none yet (default: {default})"
        verbs.choices["run"].add_argument(f"--{name}", type=type(default), help=about)
    return parser


def _roster_path(place: Workspace):
    return place.settings.home / "airflow" / "processes.json"


@contextlib.contextmanager
def _roster(place: Workspace) -> Iterator[Roster]:
    """The roster, for one command at a time.

    Raises:
        FieldstoneError: another command has it.
    """
    path = _roster_path(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=0):
            os.environ[MARK] = str(path)  # commands in the foreground can outlive this process too
            yield Roster.open(path)
    except Timeout as error:
        raise FieldstoneError(f"another run uses {place.settings.home}; wait for its end or stop it first") from error


@contextlib.contextmanager
def _stopping(roster: Roster) -> Iterator[None]:
    """Whatever happens within, stop all processes afterwards, and let no signal cut that short."""
    try:
        yield
    finally:
        handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        roster.stop()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _start_chain(servers: Servers, clock: Clock) -> Chain:
    """Start Airflow, and make the chain ready to run."""
    home, since = servers.home, datetime.now(UTC)
    home.migrate()
    interrupted = home.unfinished.exists()
    home.unfinished.touch()
    # after an interruption the scheduler must not see the old runs before they are ended
    servers.start_airflow("api-server", "dag-processor", *([] if interrupted else ["scheduler"]))
    servers.await_url(home.url)
    reviewer = servers.sign_in(REVIEWER) if servers.workspace.settings.sandbox_approval else None
    chain = Chain(servers.sign_in(), reviewer, dag_ids(servers.workspace), clock.say)
    if interrupted:
        clock.say(f"{chain.clear_leftovers()} DAG runs of before had not ended: marked as failed")
        servers.start_airflow("scheduler")
    chain.await_dags(since)
    return chain


def _bring_up(servers: Servers) -> None:
    home, since = servers.home, datetime.now(UTC)
    home.migrate()
    home.unfinished.touch()
    servers.start_airflow("api-server", "dag-processor", "scheduler")
    pages = {"Airflow": home.url, "MLflow": servers.start_mlflow(), "Reports": servers.start_pages()}
    for url in pages.values():
        servers.await_url(url)
    chain = Chain(servers.sign_in(), None, dag_ids(servers.workspace), print)
    chain.await_dags(since)
    chain.unpause()
    servers.roster.facts = {**pages, "Sign in as": f"{OPERATOR}; the passwords are in {home.password_file}"}
    servers.roster.save()


if __name__ == "__main__":
    sys.exit(main())
