"""Checks which parts of the embedded stack don't work, by their processes, their pages and Airflow's heartbeats."""

import contextlib

import httpx

from pipeline.machine.roster import Roster

PARTS = {"api-server": "Airflow", "mlflow": "MLflow", "reports": "Reports"}
"""Processes that serve pages, and the fact that tells where."""

# Airflow's name of a component → our name
_BEATING = {"scheduler": "scheduler", "dag_processor": "dag-processor", "triggerer": "triggerer"}
_PATIENCE_SECONDS = 10


def faults(roster: Roster) -> dict[str, str]:
    """Part of a running stack → its fault; empty if all parts work."""
    unwell = {entry.name: "has ended" for entry in roster.started if not entry.alive()}
    for name, page in PARTS.items():
        if name not in unwell and not answers(roster.facts[page]):
            unwell[name] = "doesn't answer"
    if "api-server" not in unwell:
        health = httpx.get(
            f"{roster.facts['Airflow']}/api/v2/monitor/health", timeout=_PATIENCE_SECONDS, trust_env=False
        )
        beats = health.json()
        started = {entry.name for entry in roster.started}
        beating = {part: name for part, name in _BEATING.items() if name in started}
        silent = [name for part, name in beating.items() if (beats.get(part) or {}).get("status") != "healthy"]
        unwell |= {name: "sends no heartbeat" for name in silent if name not in unwell}
    return unwell


def answers(url: str) -> bool:
    """Whether a server answers, with any status."""
    with contextlib.suppress(httpx.TransportError):
        httpx.get(url, timeout=_PATIENCE_SECONDS, trust_env=False)
        return True
    return False
