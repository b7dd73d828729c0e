"""The servers of the embedded stack: Airflow's components, MLflow, and the pages of the reports."""

import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from conf.schema.errors import SetupError
from conf.schema.workspace import Workspace
from pipeline.machine.ports import LOOPBACK, PORTS, free_port
from sandbox.partners.served import published
from sandbox.stack import commands, health, mlflow_pages
from sandbox.stack.airflow_api import AirflowApi
from sandbox.stack.airflow_home import OPERATOR, AirflowHome
from sandbox.stack.processes import StackRoster

# Airflow's pages read the log files themselves, so the scheduler needn't serve them
SCHEDULING = {"dag-processor": ["dag-processor"], "scheduler": ["scheduler", "--skip-serve-logs"]}
# no task uses a trigger, but Airflow's home page shows a stack without a triggerer as unhealthy
TRIGGERER = {"triggerer": ["triggerer", "--skip-serve-logs"]}
MENDABLE = {"api-server", "mlflow", "reports", *SCHEDULING, *TRIGGERER}
START_TIMEOUT_SECONDS = 180
POLL_SECONDS = 0.3


@dataclass(frozen=True)
class Servers:
    """The running servers of one state folder.

    Attributes:
        home: Airflow's folder and configuration.
        roster: the processes.
    """

    home: AirflowHome
    roster: StackRoster

    @property
    def workspace(self) -> Workspace:
        """The workspace whose DAGs and data the servers use."""
        return self.home.workspace

    def start_api(self) -> None:
        """Start Airflow's API and pages; no task runs yet, so leftovers of an interrupted run can be ended first."""
        self._start("api-server", "-m", "airflow", "api-server")

    def start_scheduling(self, place: Workspace) -> None:
        """Start the components that read the DAGs and run their tasks, with the settings of `place`."""
        environ = replace(self.home, workspace=place).environ
        for name, command in SCHEDULING.items():
            self._start(name, "-m", "airflow", *command, environ=environ)

    def start_triggerer(self) -> None:
        """Start the triggerer, which Airflow's home page asks for."""
        self._start("triggerer", "-m", "airflow", *TRIGGERER["triggerer"])

    def await_execution(self) -> None:
        """Wait until the API to which tasks report answers; it is built at the first call.

        Raises:
            FieldstoneError: a process has ended, or it takes too long.
        """
        self.await_url(f"{self.home.url}/execution/health")

    def mend(self, faulty: Collection[str]) -> None:
        """Restart parts that have ended or hang; other parts and running jobs go on.

        Raises:
            FieldstoneError: a part ends again, or it takes too long.
        """
        for name in faulty:
            self.roster.end(name)
        if "api-server" in faulty:
            self.start_api()
            self.await_url(self.home.url)
        for name, command in (SCHEDULING | TRIGGERER).items():
            if name in faulty:
                self._start(name, "-m", "airflow", *command)
        pages = {"mlflow": self.start_mlflow, "reports": self.start_pages}
        self.roster.facts |= {health.PARTS[name]: start() for name, start in pages.items() if name in faulty}
        self.roster.save()
        self.await_health(faulty)

    def await_health(self, parts: Collection[str]) -> None:
        """Wait until the stack has no fault any more.

        Args:
            parts: parts that were started last.

        Raises:
            FieldstoneError: a part has ended, or it takes too long.
        """
        self._await(lambda: not health.faults(self.roster), ", ".join(sorted(parts)))

    def start_mlflow(self) -> str:
        """Start MLflow's pages with the store that training writes; returns their address."""
        port = free_port(PORTS["MLflow"])
        store = ["--backend-store-uri", self.workspace.settings.tracking_uri]
        place = ["--host", LOOPBACK, "--port", str(port), "--workers", "1", "--app-name", "basic-auth"]
        self._start("mlflow", "-m", "mlflow", "server", *store, *place, environ=mlflow_pages.environ(self.home))
        return f"http://{LOOPBACK}:{port}"

    def start_pages(self) -> str:
        """Start a server for the reports; returns their address."""
        port, folder = free_port(PORTS["report pages"]), self.workspace.settings.home / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        self._start("reports", "-m", "sandbox.stack.page_server", str(port), str(folder))
        return f"http://{LOOPBACK}:{port}"

    def _start(self, name: str, *python: str, environ: dict[str, str] | None = None) -> None:
        log = self.home.logs / f"{name}.log"
        self.roster.start(name, [sys.executable, *python], environ or self.home.environ, log, self.workspace.root)

    def start_partner(self, place: Workspace, name: str, module: str, folder: Path) -> dict[str, str]:
        """Start a server of the sandbox for the county of `place`; returns the variables that it publishes.

        Raises:
            FieldstoneError: the server has ended, or it takes too long.
        """
        published_at = folder / "environment"
        published_at.unlink(missing_ok=True)
        self._start(name, "-m", module, environ=commands.environ(place))
        self._await(published_at.exists, name)
        return published(published_at)

    def await_url(self, url: str) -> None:
        """Wait until a server answers.

        Raises:
            FieldstoneError: a process has ended, or it takes too long.
        """
        self._await(lambda: health.answers(url), url)

    def _await(self, is_ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not is_ready():
            if dead := {entry.name for entry in self.roster.started} - {entry.name for entry in self.roster.alive()}:
                raise SetupError(f"{', '.join(sorted(dead))} ended at once; {self.home.logs} says why")
            if time.monotonic() > deadline:
                raise SetupError(
                    f"{what} did not answer within {START_TIMEOUT_SECONDS} s; {self.home.logs} may say why"
                )
            time.sleep(POLL_SECONDS)

    def sign_in(self, user: str = OPERATOR) -> AirflowApi:
        """Airflow's API as one of its users."""
        return AirflowApi(self.home.url, user, self.home.passwords[user])
