"""Runs `fieldstone` commands for the embedded stack, and makes the sandbox county that they work on."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from conf.schema import settings
from conf.schema.errors import Conflict, SetupError
from conf.schema.settings import CLOCK
from conf.schema.workspace import VARIABLE, Workspace
from sandbox.county import COUNTY, RECORD

OPTIONS = {name: f"--{name}" for name in COUNTY} | {"defect_share": "--defects", "thin_files": "--thin-files"}
"""How commands spell that."""


def environ(place: Workspace) -> dict[str, str]:
    """The environment of commands: that of this process, with all settings of the workspace."""
    stated = {f"FIELDSTONE_{name.upper()}": value for name, value in place.settings.model_dump(mode="json").items()}
    return {
        **os.environ,
        **{name: _spelt(value) for name, value in stated.items() if value is not None},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(place.root),
        VARIABLE: str(place.root),
        "PYTHONUNBUFFERED": "1",
        "DO_NOT_TRACK": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }


def _spelt(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def fieldstone(place: Workspace, *arguments: str, **variables: str) -> None:
    """Run a `fieldstone` command in the foreground.

    Args:
        variables: additional variables of its environment.

    Raises:
        FieldstoneError: the command failed; it has printed why.
    """
    done = subprocess.run(["fieldstone", *arguments], env=environ(place) | variables, cwd=place.root, check=False)
    if done.returncode:
        raise SetupError(f"`fieldstone {arguments[0]}` failed")


def county(place: Workspace, wanted: Mapping[str, float | None]) -> Workspace:
    """Make the county unless it exists; returns the workspace with the county's date as its clock, see `settings`.

    Args:
        place: workspace with the landing zone for the county.
        wanted: requested options; None takes the value of the existing county, else the default.

    Raises:
        FieldstoneError: the lake was made from another county than the requested one.
    """
    present = _record(place)
    options = {name: present.get(name, COUNTY[name]) if value is None else value for name, value in wanted.items()}
    made, has_clock = options.items() <= present.items(), place.settings.landing.with_name(CLOCK).exists()
    # other engines show here whether they can start
    if not (made and has_clock) or place.settings.engine != "sail":
        if not made and present and (place.settings.home / "lake").exists():
            now = ", ".join(f"{name} {present.get(name)}" for name in options)
            raise Conflict(f"the lake was made from a county with {now}; `make clean` removes both")
        fieldstone(place, "generate", *(f"{OPTIONS[name]}={value}" for name, value in options.items()))
    return replace(place, settings=settings.read(place.root / "conf" / "settings.yaml"))


def _record(place: Workspace) -> dict:
    """The generator's record of the county in the landing zone; it names thin files only if there are any."""
    path = place.settings.landing.with_name(RECORD)
    return {"thin_files": 0.0} | json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
