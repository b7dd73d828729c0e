"""An Airflow for one machine: its folder, its secrets, and its configuration as environment variables."""

import json
import os
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from conf.schema import drafts
from conf.schema.errors import SetupError
from conf.schema.workspace import Workspace
from pipeline.machine.ports import LOOPBACK
from sandbox.stack import commands, staff

OPERATOR = "admin"
"""Who triggers the chain and may do everything."""

REVIEWER = staff.REVIEWER
"""Who approves in the sandbox: somebody else than who trained."""

WHY = "a sandbox, in which nobody looks at it"
"""What the sandbox's reviewer says to it."""


@dataclass(frozen=True)
class AirflowHome:
    """The folder of the embedded Airflow, and its configuration.

    Attributes:
        workspace: workspace whose DAGs it runs.
        port: port of its API and pages, on the loopback.
    """

    workspace: Workspace
    port: int

    @property
    def folder(self) -> Path:
        """Airflow's home, below the state folder."""
        return self.workspace.settings.home / "airflow"

    @property
    def logs(self) -> Path:
        """Folder for the output of Airflow's own processes."""
        return self.folder / "logs"

    @property
    def url(self) -> str:
        """Address of its pages and API."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def password_file(self) -> Path:
        """Names and passwords of its users, as JSON."""
        return self.workspace.settings.home / "secrets" / "airflow_passwords.json"

    @cached_property
    def passwords(self) -> dict[str, str]:
        """User → password; made at first use."""
        return kept(self.password_file, {user: secrets.token_urlsafe(12) for user in (OPERATOR, REVIEWER)})

    @cached_property
    def environ(self) -> dict[str, str]:
        """The environment of its processes, and so of the jobs that they run."""
        keys = kept(
            self.password_file.with_name("airflow_keys.json"),
            {
                "fernet": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "jwt": secrets.token_hex(64),
                "session": secrets.token_hex(32),
            },
        )
        assert self.passwords  # otherwise Airflow would make its own and print them
        options = {
            "CORE__DAGS_FOLDER": self.workspace.root / "dags",
            "CORE__LOAD_EXAMPLES": False,
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": min(os.cpu_count() or 2, 4),
            "CORE__FERNET_KEY": keys["fernet"],
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{OPERATOR}:admin,{REVIEWER}:user",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": self.password_file,
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": 0,
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.folder}/airflow.db",
            "DATABASE__CHECK_MIGRATIONS": False,  # migrate() has just done this
            # airflow.cfg would have these paths as they were when the state was created
            "CORE__PLUGINS_FOLDER": self.folder / "plugins",
            "LOGGING__BASE_LOG_FOLDER": self.logs,
            "LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": self.logs / "dag_processor",
            "LOGGING__COLORED_CONSOLE_LOG": False,
            "API__HOST": LOOPBACK,
            "API__PORT": self.port,
            "API__BASE_URL": self.url,
            "API__WORKERS": 1,
            "API__SECRET_KEY": keys["session"],
            "API__INSTANCE_NAME": "Fieldstone · 田宅",
            "API_AUTH__JWT_SECRET": keys["jwt"],
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": 0.5,
            "WORKERS__MIN_HEARTBEAT_INTERVAL": 1,  # seconds until a worker notices the end of its task
            "DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": self.folder / "bundles",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": 60,
            "DAG_PROCESSOR__PARSING_PROCESSES": 1,
        }
        return {
            **commands.environ(self.workspace),
            **{f"AIRFLOW__{name}": str(value) for name, value in options.items()},
            "AIRFLOW_HOME": str(self.folder),
            "NO_PROXY": f"{LOOPBACK},localhost",
            **staff.environ(self.workspace.settings),
        }

    def migrate(self) -> None:
        """Bring the metadata database to the schema of the installed Airflow, unless it is there already.

        Raises:
            FieldstoneError: the migration failed; the log says why.
        """
        stamp, installed = self.folder / "schema_version", version("apache-airflow-core")
        if stamp.exists() and stamp.read_text() == installed and (self.folder / "airflow.db").exists():
            return
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / "migrate.log"
        with log.open("wb") as output:
            command = [sys.executable, "-m", "airflow", "db", "migrate"]
            done = subprocess.run(command, env=self.environ, stdout=output, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise SetupError(f"Airflow's database could not be set up; see {log}")
        stamp.write_text(installed)


def kept(path: Path, fresh: dict[str, str]) -> dict[str, str]:
    """Secrets from a file that only its owner can read; if the file is missing, it is written with `fresh`."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        drafts.replace(path, json.dumps(fresh).encode(), mode=0o600)
    return json.loads(path.read_text())
