"""Checks whether this machine and its settings can run Fieldstone: each check has a result and a remedy."""

import os
import platform
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from conf.schema.errors import FieldstoneError, SetupError
from lake import engine, keyfiles, state
from pipeline.context import Context
from pipeline.machine import postgresql
from pipeline.machine.ports import PORTS, free_port
from pipeline.results.everybody import Health, HealthCheck

_GB = 1_000_000_000
DISK_GB, MEMORY_GB = 2, 7  # a machine of 8 GB reports a little less
_PYTHON = (3, 11), (3, 14)
_KEYS = {"master": "master_from", "pseudonym": None, "trail": "trail_from"}


def examined(context: Context) -> Health:
    """Run all checks; they create and change nothing."""
    checks = tuple(_finding(about, check, context) for about, check in _CHECKS.items())
    return Health(all(each.is_well for each in checks), checks)


def _finding(about: str, check: Callable[[Context], str], context: Context) -> HealthCheck:
    try:
        return HealthCheck(about, True, check(context))
    except FieldstoneError as error:
        return HealthCheck(about, False, str(error))


def _python(context: Context) -> str:
    (low, high), version = _PYTHON, platform.python_version()
    if not low <= sys.version_info[:2] < high:
        raise SetupError(f"this is Python {version}; make .venv anew with 3.11, 3.12 or 3.13: make clean install")
    return f"{version} in {sys.prefix}"


def _java(context: Context) -> str:
    try:
        return f"version {engine.require_java()}"
    except FieldstoneError:
        if context.workspace.settings.engine == "spark":
            raise
        return f"none of version 17 or newer; the engine {context.workspace.settings.engine} needs none"


def _postgresql(context: Context) -> str:
    if postgresql.is_installed():
        return postgresql.program("initdb")
    return "not installed; needed for a sandbox with SOURCE_BANK=postgres, and for tests, alone"


def _connections(context: Context) -> str:
    """Check that the environment variables for connections are set; their values are never shown."""
    named = {
        f"{value} of {source.name}": value
        for source in context.workspace.sources.values()
        for field, value in source.connection
        if field.endswith("_env")
    }
    if absent := [where for where, variable in named.items() if not os.environ.get(variable)]:
        raise SetupError(
            f"{', '.join(absent)} isn't set, so this source can't be pulled; set it in the environment in which "
            "ingest runs (`make run` sets those of the sandbox by itself)"
        )
    return f"{len(named)} variables are named by sources, and all are set" if named else "no variable is needed"


def _ports(context: Context) -> str:
    if taken := [f"{port} for {name}" for name, port in PORTS.items() if free_port(port) != port]:
        return f"{', '.join(taken)} taken, so that make up takes others and says which"
    return "those that make up takes are free"


def _disk(context: Context) -> str:
    home = context.workspace.settings.home
    there = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(there).free / _GB
    if free < DISK_GB:
        raise SetupError(
            f"{free:.1f} GB are free where {home} is, and a run may take {DISK_GB}; free some, or set FIELDSTONE_HOME"
        )
    return f"{free:.0f} GB are free where {home} is"


def _memory(context: Context) -> str:
    total = psutil.virtual_memory().total / _GB
    if total < MEMORY_GB:
        raise SetupError(
            f"this machine has {total:.1f} GB, but a run of the sandbox takes 8 GB; use fewer households (make run "
            "HOUSEHOLDS=1000), or a larger machine"
        )
    return f"{total:.0f} GB"


def _keys(context: Context) -> str:
    settings = context.workspace.settings
    origin = {name: getattr(settings, field) if field else "env" for name, field in _KEYS.items()}
    is_needed = any((settings.home / "lake").glob("*__*"))
    absent = [name for name, how in origin.items() if not _is_there(context, name, how)]
    if absent and is_needed:
        raise SetupError(
            f"the lake in {settings.home} has no {', '.join(absent)} key; put the files back into "
            f"{settings.key_folder}, or set FIELDSTONE_MASTER_KEY and its like (docs/runbook.md)"
        )
    files = sorted(settings.key_folder.glob("*.key"))
    if open_ := [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]:
        raise SetupError(
            f"others on this machine can read {', '.join(open_)} in {settings.key_folder}; chmod 600 those files"
        )
    if absent:
        return f"none yet; a sandbox makes its own in {settings.key_folder} at the first run"
    return ", ".join(f"{name} by {_kind(context, name, how)}" for name, how in origin.items())


def _kind(context: Context, name: str, how: str) -> str:
    """Where a key comes from: `env` is a variable, or else a file of the key folder."""
    kind = how.partition(":")[0]
    lies_there = kind == "env" and Path(keyfiles.named(context.workspace.settings, name)).is_file()
    return "file" if lies_there else kind


def _is_there(context: Context, name: str, how: str) -> bool:
    kind, _, where = how.partition(":")
    if kind == "env":
        return keyfiles.exists(context.workspace.settings, name)
    return kind == "plugin" or Path(where).is_file()


def _state(context: Context) -> str:
    home = context.workspace.settings.home
    if not state.is_there(home):
        return f"nothing is in {home} yet (make run)"
    if (says := state.condition(home)) != state.WHOLE:
        raise SetupError(says)
    return f"{home} is whole"


_CHECKS = {
    "Python": _python,
    "Java": _java,
    "PostgreSQL": _postgresql,
    "connections": _connections,
    "ports": _ports,
    "disk": _disk,
    "memory": _memory,
    "keys": _keys,
    "state": _state,
}
