"""The embedded stack: a real Airflow (and MLflow) on this machine, for a run from end to end or to look at.

`run` generates the sandbox county, starts Airflow, follows the chain of DAGs to its end and stops Airflow again;
`up` leaves Airflow, MLflow and the reports running; `down` stops them; `status` tells what runs.
"""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from filelock import FileLock, Timeout
from pydantic import HttpUrl

from conf.schema import workspace
from conf.schema.errors import Busy, Conflict, FieldstoneError
from conf.schema.workspace import Workspace
from pipeline.machine.ports import PORTS, free_port
from pipeline.machine.roster import Roster, path_in
from sandbox.county import COUNTY
from sandbox.stack import commands, health, mlflow_pages, partner_servers, staff
from sandbox.stack.airflow_home import OPERATOR, REVIEWER, WHY, AirflowHome
from sandbox.stack.dag_chain import Chain, ChainEnd, dag_ids
from sandbox.stack.processes import MARK, StackRoster
from sandbox.stack.run_progress import Clock, report_failure, report_news, report_time, report_waiting
from sandbox.stack.servers import MENDABLE, TRIGGERER, Servers


def main(argv: list[str] | None = None) -> int:
    """Run a command; 0 if it went well, 1 if not."""
    os.umask(0o077)  # also for the processes that it starts: nobody else may read state and landing zone
    arguments = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        return arguments.runs(workspace.load(workspace.ROOT), arguments)
    except FieldstoneError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def run(place: Workspace, arguments: argparse.Namespace) -> int:
    """Everything from end to end."""
    clock = Clock()
    settings = place.settings
    clock.say(
        f"keys are in {settings.key_folder}, not in the state folder; the trail is anchored in {settings.anchor_place}"
    )
    with _roster(place) as roster:
        if roster.facts and roster.alive():
            raise Conflict("Airflow is up already; `make down` stops it")
        if left := roster.stop():
            clock.say(f"stopped {left} processes that an interrupted run left behind")
        stands, since = partner_servers.needed(place), datetime.now(UTC)
        try:
            servers = Servers(AirflowHome(place, free_port()), roster)
            with clock.step("Airflow's database"):
                servers.home.migrate()
            servers.start_api()
            with clock.step("sandbox county"):
                place = commands.county(place, {name: getattr(arguments, name) for name in COUNTY})
            if stands:
                with clock.step("partners"):
                    partner_servers.start(servers, place, stands)
            with clock.step("start of Airflow"):
                chain = _chain(servers, clock.say)
                if left := chain.clear_leftovers():
                    clock.say(f"{left} DAG runs of before had not ended: marked as failed")
                servers.start_scheduling(place)
            with clock.step("people"):  # while Airflow reads the DAGs; none runs before they are unpaused
                staff.release(place)
            if place.settings.sandbox_approval:
                with clock.step("policy"):  # versions of models are approved when Airflow asks
                    commands.fieldstone(place, "policy", "approve", "--approver", REVIEWER, "--why", WHY, "--sandbox")
            with clock.step("rest of the start"):
                servers.await_execution()
                chain.await_dags(since)
            with clock.step("DAGs"):
                outcome = chain.run()
            if outcome == ChainEnd.FAILED:
                report_failure(chain)
            else:
                report_news(chain)
        finally:
            _stop(roster)
        if outcome == ChainEnd.FAILED:
            return 1
        with clock.step("summary"):
            commands.fieldstone(place, "summary")
    report_time(clock, chain.tasks, place.settings.home / "reports" / "run_times.json")
    if outcome == ChainEnd.AWAITING_APPROVAL:
        report_waiting(chain)
    return 0


def up(place: Workspace, arguments: argparse.Namespace) -> int:
    """Airflow, MLflow and the reports, kept running."""
    with _roster(place) as roster:
        faulty = health.faults(roster) if roster.facts and roster.alive() else None
        if faulty:
            print("\n".join(f"{name} {fault}: started anew" for name, fault in faulty.items()))
        # the addresses of partners' servers are known only after a start of the whole stack
        if faulty and MENDABLE.issuperset(faulty) and not partner_servers.needed(place):
            there = AirflowHome(_linked(place, roster.facts["Reports"]), _port(roster.facts["Airflow"]))
            Servers(there, roster).mend(faulty)
        elif faulty != {}:
            roster.stop()
            try:
                _bring_up(Servers(AirflowHome(place, free_port(PORTS["Airflow"])), roster))
            except BaseException:
                _stop(roster)
                raise
    return status(place, arguments)


def down(place: Workspace, _arguments: argparse.Namespace) -> int:
    """Stop what `up` started."""
    with _roster(place) as roster:
        stopped = roster.stop()
    print(f"stopped {stopped} processes" if stopped else "nothing was running")
    return 0


def status(place: Workspace, _arguments: argparse.Namespace) -> int:
    """What runs, where to look at it, and what doesn't work; 1 if something doesn't."""
    roster = Roster.open(path_in(place.settings.home))
    running = roster.alive()
    for entry in running:
        print(f"{entry.name:<14} process {entry.pid}")
    for name, fact in roster.facts.items() if running else ():
        print(f"{name:<14} {fact}")
    faulty = health.faults(roster) if running and roster.facts else {}
    for name, fault in faulty.items():
        print(f"{name:<14} {fault}; `make up` mends it")
    if not running:
        print("nothing is running; `make up` starts Airflow, MLflow and the reports")
    return 1 if faulty else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox.stack", description=(__doc__ or "").partition("\n")[0])
    verbs = parser.add_subparsers(required=True, metavar="run|up|down|status")
    for command in (run, up, down, status):
        verbs.add_parser(command.__name__, help=command.__doc__).set_defaults(runs=command)
    for name, default in COUNTY.items():
        about = f"of the county, if there is none yet (default: {default})"
        verbs.choices["run"].add_argument(commands.OPTIONS[name], dest=name, type=type(default), help=about)
    return parser


def _linked(place: Workspace, reports: str) -> Workspace:
    """The workspace with an address of the report pages, to which its jobs link."""
    return replace(place, settings=place.settings.model_copy(update={"reports_url": HttpUrl(reports)}))


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


@contextlib.contextmanager
def _roster(place: Workspace) -> Iterator[StackRoster]:
    """The roster, locked for one command at a time.

    Raises:
        FieldstoneError: another command uses it.
    """
    path = path_in(place.settings.home)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path.with_suffix(".lock"), timeout=0):
            os.environ[MARK] = str(path)  # commands in the foreground can outlive this process
            yield StackRoster.open(path)
    except Timeout as error:
        raise Busy(f"another run uses {place.settings.home}; wait for its end or stop it first") from error


def _stop(roster: StackRoster) -> None:
    """Stop all processes; signals are ignored meanwhile."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    roster.stop()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _chain(servers: Servers, say: Callable[[str], None]) -> Chain:
    """The chain of DAGs, once Airflow's API answers."""
    servers.await_url(servers.home.url)
    reviewer = servers.sign_in(REVIEWER) if servers.home.workspace.settings.sandbox_approval else None
    return Chain(servers.sign_in(), reviewer, dag_ids(servers.home.workspace), say)


def _bring_up(servers: Servers) -> None:
    place, since = servers.home.workspace, datetime.now(UTC)
    partner_servers.start(servers, place, partner_servers.needed(place))
    staff.release(place)
    servers.home.migrate()
    servers.start_api()
    pages = {"Airflow": servers.home.url, "MLflow": servers.start_mlflow(), "Reports": servers.start_pages()}
    chain = _chain(servers, print)
    servers.start_scheduling(_linked(place, pages["Reports"]))
    servers.await_execution()
    servers.start_triggerer()
    for url in pages.values():
        servers.await_url(url)
    mlflow_pages.add_reviewer(servers.home, pages["MLflow"])
    chain.await_dags(since)
    chain.unpause()
    sign_in = f"{OPERATOR}, or {REVIEWER} to answer questions; passwords are in {servers.home.password_file}"
    servers.roster.facts = {**pages, "Sign in as": sign_in}
    servers.roster.save()
    servers.await_health(TRIGGERER)
    with contextlib.suppress(FieldstoneError):  # the start page links the servers; they run even if it can't be written
        commands.fieldstone(place, "docs")
