"""Logs of a running verb: texts for people or, with `FIELDSTONE_LOG=json`, lines of JSON for programs.

Our packages log with the standard library's `logging`, and the command directs these logs; the logs of other libraries
aren't changed. Logs go to standard output, or to standard error if standard output is reserved for a result (`--json`).
Errors always go to standard error.
"""

import json
import logging
import os
import sys
from datetime import UTC, datetime

from conf.schema.errors import SetupError

ROOMS = ("conf", "expectations", "features", "jobs", "lake", "models", "pipeline")
# allowed names in `extra`: tables, digests of files, counts and the like, never a row's value
FIELDS = (
    "source", "table", "batch", "model", "version", "code", "severity", "rows", "passed", "quarantined", "refused",
    "files", "columns", "subjects", "applications", "alerts", "error", "exit_code", "is_transient",
)  # fmt: skip
VARIABLE = "FIELDSTONE_LOG"


class _Text(logging.Formatter):
    """Formats the message; before an error it puts the command."""

    def __init__(self, verb: str) -> None:
        super().__init__()
        self.verb = verb

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        return f"fieldstone {self.verb}: {text}" if record.levelno >= logging.ERROR else text


class _Json(_Text):
    """Formats a line of JSON: `time` (ISO 8601, UTC), `level`, `verb`, `logger`, `message` and the present `FIELDS`.

    It never has a traceback, because that may quote a row.
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
    """Writes to the present standard streams, which a caller may have replaced since the start."""

    def __init__(self, output_is_kept: bool) -> None:
        super().__init__(sys.stdout)
        self.output_is_kept = output_is_kept

    def emit(self, record: logging.LogRecord) -> None:
        is_error = record.levelno >= logging.ERROR
        self.stream = sys.stderr if is_error or self.output_is_kept else sys.stdout
        super().emit(record)


def is_json() -> bool:
    """Whether logs are lines of JSON."""
    return _form() is _Json


_FORMS = {"": _Text, "text": _Text, "json": _Json}


def _form() -> type[_Text] | None:
    """The formatter that `FIELDSTONE_LOG` asks for; None if its value is unknown."""
    return _FORMS.get(os.environ.get(VARIABLE, "").strip().lower())


def set_up(verb: str, output_is_kept: bool = False) -> None:
    """Set the form and the stream of logs from now on.

    Args:
        verb: the running verb.
        output_is_kept: whether standard output is reserved for the verb's result.

    Raises:
        SetupError: the value of `FIELDSTONE_LOG` is unknown; logs are texts then.
    """
    form = _form()
    handler = _Streams(output_is_kept)
    handler.setFormatter((form or _Text)(verb))
    for name, logger in logging.root.manager.loggerDict.items():
        # a library that configures logging itself, like Airflow, disables all earlier loggers
        if name.partition(".")[0] in ROOMS and isinstance(logger, logging.Logger):
            logger.disabled = False
    for room in ROOMS:
        logger = logging.getLogger(room)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
    if form is None:
        raise SetupError(f"{VARIABLE} is {os.environ[VARIABLE]!r}; give json for lines of JSON, or text (default)")
