"""What is told while a verb runs: as texts for people, or with `FIELDSTONE_LOG=json` as lines of JSON for programs.

Our rooms log by the standard library's `logging`, and the command says where that goes; other libraries' logs stay as
they are. It goes to standard output, or to standard error where that is kept for a result (`--json`); errors always go
to standard error.
"""

import json
import logging
import os
import sys
from datetime import UTC, datetime

from conf.schema.errors import SetupError

ROOMS = ("conf", "expectations", "features", "jobs", "lake", "models", "pipeline")
# what `extra` may name: tables, files' digests, counts and the like, never a row's value
FIELDS = (
    "source", "table", "batch", "model", "version", "code", "severity", "rows", "passed", "quarantined", "refused",
    "files", "columns", "subjects", "applications", "alerts", "error", "exit_code", "is_transient",
)  # fmt: skip
VARIABLE = "FIELDSTONE_LOG"


class _Text(logging.Formatter):
    """The message; before an error the command."""

    def __init__(self, verb: str) -> None:
        super().__init__()
        self.verb = verb

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        return f"fieldstone {self.verb}: {text}" if record.levelno >= logging.ERROR else text


class _Json(_Text):
    """A line of JSON: `time` (ISO 8601, UTC), `level`, `verb`, `logger`, `message` and those of `FIELDS` that it has.

    Never a traceback, which may quote a row.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "verb": self.verb,
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        return json.dumps(line | fields, ensure_ascii=False, default=str)


class _Streams(logging.StreamHandler):
    """Writes to the streams of the moment, which a caller may have exchanged since."""

    def __init__(self, output_is_kept: bool) -> None:
        super().__init__(sys.stdout)
        self.output_is_kept = output_is_kept

    def emit(self, record: logging.LogRecord) -> None:
        is_error = record.levelno >= logging.ERROR
        self.stream = sys.stderr if is_error or self.output_is_kept else sys.stdout
        super().emit(record)


def is_json() -> bool:
    """Whether programs read what is told."""
    return _form() is _Json


_FORMS = {"": _Text, "text": _Text, "json": _Json}


def _form() -> type[_Text] | None:
    """As `FIELDSTONE_LOG` says; None where it says nothing that is known."""
    return _FORMS.get(os.environ.get(VARIABLE, "").strip().lower())


def set_up(verb: str, output_is_kept: bool = False) -> None:
    """Say where logs go from now on.

    Args:
        verb: which runs.
        output_is_kept: standard output is kept for the verb's result.

    Raises:
        SetupError: `FIELDSTONE_LOG` isn't known; they go out as texts then.
    """
    form = _form()
    handler = _Streams(output_is_kept)
    handler.setFormatter((form or _Text)(verb))
    for name, logger in logging.root.manager.loggerDict.items():
        # a library that configures logging for itself, as Airflow does, turns off all loggers that there were before
        if name.partition(".")[0] in ROOMS and isinstance(logger, logging.Logger):
            logger.disabled = False
    for room in ROOMS:
        logger = logging.getLogger(room)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
    if form is None:
        raise SetupError(f"{VARIABLE} is {os.environ[VARIABLE]!r}; give json for lines of JSON, or text (default)")
