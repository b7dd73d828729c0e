"""The bank's database of the sandbox: a throw-away PostgreSQL with TLS, a role that may only read, and the county.

    python -m sandbox.partners.postgres      serve the county's bank files until the process ends

The address, with the reader's password, is written to `.sandbox/postgres/environment`, for the environment variable
that the source names (`conf/sources/bank@postgres.yaml`). The server's data are outside the state folder, because they
have plain identifiers. `make run SOURCE_BANK=postgres` starts a server and stops it.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
from adbc_driver_postgresql import dbapi

from conf.schema.errors import SetupError
from conf.schema.workspace import ROOT
from conf.schema.workspace import load as load_workspace
from pipeline.machine.ports import LOOPBACK, free_port
from pipeline.machine.postgresql import program
from sandbox.partners import certificates
from sandbox.partners.postgres_tables import tables
from sandbox.partners.served import exit_on_signals, publish, published

OWNER, READER, DATABASE, SCHEMA = "bank_owner", "fieldstone_reader", "bank", "core"
_ACCOUNT = "postgres"  # the server refuses to run as root; Debian's package creates this account
_HBA = "hostssl all all 127.0.0.1/32 scram-sha-256\n"
_HBA_WITHOUT_TLS = "host all all 127.0.0.1/32 scram-sha-256\n"


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server of the sandbox.

    Attributes:
        data: its data folder.
        ca: authority that signed its certificate; None without TLS.
        port: port on the loopback.
        passwords: role → password.
    """

    data: str
    ca: str | None
    port: int
    passwords: dict[str, str] = field(repr=False)

    def url(self, role: str = READER) -> str:
        """Address for a role, with its password."""
        end = f"?sslmode=verify-full&sslrootcert={quote(self.ca)}" if self.ca else "?sslmode=disable"
        return f"postgresql://{role}:{self.passwords[role]}@{LOOPBACK}:{self.port}/{DATABASE}{end}"

    def execute(self, *statements: str) -> None:
        """Run statements as the owner, each in a transaction of its own."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def connect(self, role: str = OWNER, autocommit: bool = True) -> dbapi.Connection:
        """A connection for a role."""
        return dbapi.connect(self.url(role), autocommit=autocommit)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"-p {self.port} -h {LOOPBACK} -k ''"
        _run("pg_ctl", "-D", self.data, "-w", "-l", f"{self.data}/server.log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast` ends its sessions, `immediate` is like pulling the plug."""
        _run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def remove(self) -> None:
        """Stop the server and delete its data; it is no error if the server has ended by itself."""
        _run("pg_ctl", "-D", self.data, "-w", "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.data, ignore_errors=True)

    def load(self, contents: dict[str, pa.Table]) -> None:
        """Replace the content of tables in the schema `core`, each with a primary index on `published_at`."""
        with self.connect() as connection, connection.cursor() as cursor:
            for name, table in contents.items():
                cursor.execute(f'DROP TABLE IF EXISTS {SCHEMA}."{name}"')
                cursor.adbc_ingest(name, table, mode="create", db_schema_name=SCHEMA)
                cursor.execute(f'CREATE INDEX ON {SCHEMA}."{name}" (published_at)')
                cursor.execute(f'ANALYZE {SCHEMA}."{name}"')


def create(folder: Path, tls: bool = True) -> Postgres:
    """Create and start a server with an empty schema `core`, its owner, and a role with only read access to it.

    Args:
        folder: folder for the authority's certificate; data go to a temporary folder of the server's account.
        tls: whether it accepts only TLS.

    Raises:
        FieldstoneError: PostgreSQL isn't installed, or doesn't start.
    """
    data = Path(tempfile.mkdtemp(prefix="fieldstone-postgres-"))
    _hand_over(data)
    passwords = {role: secrets.token_urlsafe(24) for role in (OWNER, READER)}
    with tempfile.NamedTemporaryFile("w", prefix="fieldstone-") as password:
        password.write(passwords[OWNER])
        password.flush()
        _hand_over(Path(password.name))
        options = ("--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--pwfile={password.name}")
        _run("initdb", "-D", str(data), "-U", OWNER, *options)
    with open(data / "postgresql.conf", "a", encoding="utf-8") as settings:
        settings.write("fsync = off\nmax_connections = 40\n")
        if tls:
            settings.write("ssl = on\n")
    (data / "pg_hba.conf").write_text(_HBA if tls else _HBA_WITHOUT_TLS)
    server = Postgres(str(data), str(_certify(folder, data)) if tls else None, free_port(), passwords)
    server.start()
    _prepare(server)
    return server


@contextlib.contextmanager
def running(folder: Path, tls: bool = True) -> Iterator[Postgres]:
    """A server that is removed at the end of the block."""
    server = create(folder, tls)
    try:
        yield server
    finally:
        server.remove()


def _certify(folder: Path, data: Path) -> Path:
    issued = certificates.issue(folder)
    for source, name in ((issued.server, "server.crt"), (issued.server_key, "server.key")):
        shutil.copy(source, data / name)
        (data / name).chmod(0o600)
        _hand_over(data / name)
    return issued.ca.absolute()


def _prepare(server: Postgres) -> None:
    template = server.url(OWNER).replace(f"/{DATABASE}?", "/postgres?")
    with dbapi.connect(template, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {DATABASE}")
    server.execute(
        f"CREATE SCHEMA {SCHEMA}",
        f"CREATE ROLE {READER} LOGIN PASSWORD '{server.passwords[READER]}'",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {READER}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {SCHEMA} GRANT SELECT ON TABLES TO {READER}",
    )


def _run(name: str, *arguments: str, check: bool = True) -> bool:
    account = {"user": _ACCOUNT, "group": _ACCOUNT, "extra_groups": []} if os.geteuid() == 0 else {}
    # a pipe would stay open as long as the server does
    with tempfile.TemporaryFile() as output:
        command = [program(name), *arguments]
        done = subprocess.run(command, stdout=output, stderr=output, cwd="/", check=False, **account)
        output.seek(0)
        if check and done.returncode:
            raise SetupError(f"{name} failed: {output.read().decode(errors='replace').strip()}")
    return done.returncode == 0


def _hand_over(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, _ACCOUNT, _ACCOUNT)


# the one of the sandbox ---------------------------------------------------------------------------------------------


def serve(folder: Path) -> None:
    """Serve the county's bank files until a signal ends the process.

    Args:
        folder: folder for the certificate and, once the server is ready, the file `environment` for its readers.
    """
    exit_on_signals()
    _remove_left(folder)
    contents = tables(load_workspace(ROOT))
    try:
        with running(folder) as server:
            publish(folder / "data", {"data": server.data})
            server.load(contents)
            publish(folder / "environment", {"FIELDSTONE_BANK_URL": server.url()})
            signal.pause()
    finally:
        shutil.rmtree(folder)


def _remove_left(folder: Path) -> None:
    """Remove the server of a process that was killed."""
    with contextlib.suppress(FileNotFoundError):
        Postgres(published(folder / "data")["data"], None, 0, {}).remove()


if __name__ == "__main__":
    serve(load_workspace(ROOT).settings.landing.with_name("postgres"))
