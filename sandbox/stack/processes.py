"""Processes that outlive a function call: started in sessions of their own, recorded in a file, and stopped by id.

The children that a recorded process left behind are found by its session or by a mark in their environment.
"""

import contextlib
import json
import os
import signal
import subprocess
from dataclasses import asdict
from pathlib import Path

import psutil

from conf.schema import drafts
from pipeline.machine.roster import Roster, Started

MARK = "FIELDSTONE_STACK"
"""Environment variable that names the roster; every descendant inherits it."""

GRACE_SECONDS = 3.0


class StackRoster(Roster):
    """The processes of one embedded stack, kept in a file so that a later command can stop them."""

    def save(self) -> None:
        """Write the roster; the file is replaced in one step."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        roster = {"started": [asdict(entry) for entry in self.started], "facts": self.facts}
        drafts.replace(self.path, json.dumps(roster).encode())

    def start(self, name: str, command: list[str], environ: dict[str, str], log: Path, cwd: Path) -> Started:
        """Start a process in a session of its own, its output appended to a file."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                env=environ | {MARK: str(self.path)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
            )
        entry = Started(name, process.pid, psutil.Process(process.pid).create_time())
        self.started.append(entry)
        self.save()
        return entry

    def survivors(self) -> list[psutil.Process]:
        """Every running process that was recorded, or that a recorded one left behind, even if its parent has ended."""
        sessions = {entry.pid: entry.created for entry in self.started}
        return [process for process in psutil.process_iter() if self._ours(process, sessions)]

    def end(self, name: str) -> None:
        """Stop one recorded process and the rest of its session, and forget it; children in other sessions go on."""
        sessions = {entry.pid: entry.created for entry in self.started if entry.name == name}
        left = [process for process in psutil.process_iter() if self._of_session(process, sessions)]
        _signal(left, signal.SIGKILL)
        psutil.wait_procs(left, timeout=GRACE_SECONDS)
        self.started = [entry for entry in self.started if entry.name != name]
        self.save()

    def stop(self) -> int:
        """Stop all processes, first by SIGTERM, then by SIGKILL; returns their number."""
        left = self.survivors()
        _signal(left, signal.SIGTERM)
        _gone, stubborn = psutil.wait_procs(left, timeout=GRACE_SECONDS)
        _signal({*stubborn, *self.survivors()}, signal.SIGKILL)
        psutil.wait_procs(stubborn, timeout=GRACE_SECONDS)
        self.started, self.facts = [], {}
        self.path.unlink(missing_ok=True)
        return len(left)

    def _ours(self, process: psutil.Process, sessions: dict[int, float]) -> bool:
        if process.pid == os.getpid():
            return False
        with contextlib.suppress(psutil.Error, OSError):
            return self._of_session(process, sessions) or process.environ().get(MARK) == str(self.path)
        return False

    def _of_session(self, process: psutil.Process, sessions: dict[int, float]) -> bool:
        with contextlib.suppress(psutil.Error, OSError):
            # a session's id is its leader's process id; it isn't used again while any member lives
            leader = sessions.get(os.getsid(process.pid))
            if leader is not None and process.create_time() >= leader:
                return process.pid not in sessions or process.create_time() == sessions[process.pid]
        return False


def _signal(processes, number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
