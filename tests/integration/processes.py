"""`fieldstone` commands in processes of their own that can be killed, without the seconds that each start takes.

They are forked from a server that has imported what they need and has no threads, and run as the command line does.
"""

import contextlib
import importlib
import json
import multiprocessing
import os
import resource
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

import watchfiles

from jobs import cli

# imported here so that no process has to: the jobs, the engine and Great Expectations
PARTS = ("jobs.command.running", "pipeline.ingest.run", "pipeline.refine", "pysail.spark", "expectations.data_docs")
for part in PARTS:
    importlib.import_module(part)
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Place:
    """A county, and a state folder of one's own; all share the keys, so that their tables can be alike.

    Attributes:
        county: folder with the landing zone; the state folders are beside it.
        name: of the state folder.
        source: which is ingested and refined there.
        commands: that are run instead.
    """

    county: Path
    name: str
    source: str = "housing"
    commands: tuple[tuple[str, ...], ...] = ()

    @property
    def home(self) -> Path:
        """The state folder."""
        return self.county / self.name

    @property
    def output(self) -> str:
        """What the processes said, the last one last."""
        return self._log.read_text()

    def start(self, ready: Event, **limits) -> BaseProcess:
        """Start the commands; they wait until `ready` is set."""
        arguments = (self.commands or self._both(), self._environ(), self._log, ready)
        process = FORKED.Process(target=_work, args=arguments, kwargs=limits)
        process.start()
        return process

    def run(self, **limits) -> int:
        """Run the commands to their end; returns the exit code."""
        ready = FORKED.Event()
        process = self.start(ready, **limits)
        ready.set()
        process.join()
        return process.exitcode

    def changes(self, kill_after: int | None = None) -> int:
        """Run the commands and count the changes of files; after so many the process is killed (SIGKILL)."""
        ready, seen = FORKED.Event(), set()
        process = self.start(ready)
        with contextlib.closing(_watch(self.home)) as watched:
            for changes in watched:
                ready.set()  # the first look comes before anything has happened
                seen |= changes
                if kill_after and len(seen) >= kill_after:
                    process.kill()
                if not process.is_alive():
                    break
        process.join()
        return len(seen)

    def _both(self) -> tuple[tuple[str, ...], ...]:
        return ("ingest", self.source), ("refine", self.source)

    @property
    def _log(self) -> Path:
        return self.county / f"{self.name}.log"

    def _environ(self) -> dict[str, str]:
        keys = self.county / "keys.json"
        if not keys.exists():
            keys.write_text(
                json.dumps({f"FIELDSTONE_{n}_KEY": secrets.token_hex(32) for n in ("MASTER", "PSEUDONYM", "TRAIL")})
            )
        return {
            **json.loads(keys.read_text()),
            "FIELDSTONE_HOME": str(self.home),
            "FIELDSTONE_LANDING": str(self.county / "landing"),
            "FIELDSTONE_AS_OF": "2026-01-01T00:00:00Z",
        }


def _watch(folder: Path) -> Iterator[set]:
    return watchfiles.watch(folder, watch_filter=None, debounce=1, step=1, rust_timeout=50, yield_on_timeout=True)


def _work(
    commands: tuple[tuple[str, ...], ...],
    environ: dict[str, str],
    log: Path,
    ready: Event,
    file_bytes: int | None = None,
) -> None:
    """Run commands, up to where one fails."""
    os.environ.update(environ)
    with open(log, "a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    if file_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    ready.wait()
    code = next((code for words in commands if (code := cli.main([*words]))), 0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as the command does
