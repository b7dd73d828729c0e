"""Below jobs/ nothing prints: what is told is logged, and what is logged beside the text are fields that are listed."""

import ast
from collections.abc import Iterator

import pytest

from jobs.command.logs import FIELDS, ROOMS
from tests.policy.sources import files, findings, parsed

FILES = files(*ROOMS)
MEND = "log it (LOG = logging.getLogger(__name__)), or return it and let the verb in jobs/ show it"


def prints(source: str) -> list[int]:
    """Lines that print or write to standard output or error, however that is written."""
    lines = []
    for node in ast.walk(parsed(source)):
        name, words = getattr(node, "id", ""), ast.unparse(node) if isinstance(node, ast.Attribute) else ""
        if name in ("print", "pprint") or words in ("sys.stdout", "sys.stderr", "builtins.print"):
            lines.append(node.lineno)
        if isinstance(node, ast.ImportFrom):
            names = {(node.module, alias.name) for alias in node.names}
            lines += [node.lineno] * bool(names & {("sys", "stdout"), ("sys", "stderr"), ("builtins", "print")})
            lines += [node.lineno] * ((node.module or "").split(".")[0] in ("rich", "pprint"))
        if isinstance(node, ast.Import):
            lines += [node.lineno] * bool({alias.name.split(".")[0] for alias in node.names} & {"rich", "pprint"})
    return lines


def logged(source: str) -> Iterator[str]:
    """Names of the fields in each `extra` of a file; `?` where it isn't said in place."""
    for node in ast.walk(parsed(source)):
        for keyword in getattr(node, "keywords", ()):
            if keyword.arg == "extra" and ast.unparse(node.func).startswith(("LOG.", "logging.")):
                keys = keyword.value.keys if isinstance(keyword.value, ast.Dict) else [None]
                yield from (key.value if isinstance(key, ast.Constant) else "?" for key in keys)


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "jobs"])
def test_no_room_below_the_verbs_prints(room):
    assert files(room), f"{room} has no files any more; take it out of ROOMS in jobs/command/logs.py"
    printing = findings(files(room), prints)
    assert not printing, f"prints in {printing}: {MEND}"


@pytest.mark.parametrize(
    "source",
    [
        "print('x')",
        "tell = print",
        "list(map(print, rows))",
        "import sys\nsys.stdout.write('x')",
        "from sys import stderr",
        "from rich.console import Console",
        "import rich",
        "from pprint import pprint",
        "import builtins\nbuiltins.print('x')",
    ],
)
def test_a_print_is_noticed_however_it_is_written(source):
    assert prints(source), "teach prints() this way to print"


def test_fields_of_logs_are_listed_and_each_is_used():
    used = {name for path in FILES for name in logged(path.read_text("utf-8"))}
    assert "?" not in used, "say the fields of a log in place, extra={'table': …}, so that this test can read them"
    assert not used - {*FIELDS}, "add it to FIELDS of jobs/command/logs.py, if it can never be a row's value"
    assert not {*FIELDS} - used, "take out of FIELDS what nothing logs any more"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("LOG.info('x', extra={'table': t, 'rows': 1})", ["table", "rows"]),
        ("LOG.warning('x', extra=fields)", ["?"]),
        ("LOG.error('x', extra={name: 1})", ["?"]),
        ("LOG.info('x', extra={**more})", ["?"]),
        ("Column(extra='forbid')", []),
    ],
)
def test_fields_are_read_however_they_are_written(source, names):
    assert [*logged(source)] == names, "teach logged() this way to name a field"


def test_nobody_sets_logs_up_while_being_imported():
    calls = ("basicConfig", "dictConfig", "fileConfig", "setLevel", "addHandler")
    setting = findings(
        FILES,
        lambda source: [n for n in ast.walk(parsed(source)) if isinstance(n, ast.Attribute) and n.attr in calls],
    )
    assert setting.keys() == {"jobs/command/logs.py"}, "logs are set up by the command alone, in jobs/command/logs.py"
