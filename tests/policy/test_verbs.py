"""Files of jobs/ are verbs: small, each with its arguments, all of which are explained, and found without importing."""

import argparse
import ast
import dataclasses
import inspect
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, get_args

import pytest

from conf.schema.workspace import ROOT
from jobs.command.parser import LOOKING_BACK, USERS, parser, verbs
from jobs.command.running import imported

LONGEST = 58  # lines of a verb below its docstring
HEAVY = {
    "airflow", "deltalake", "fastapi", "great_expectations", "matplotlib", "mlflow", "numpy", "pandas", "pyarrow",
    "pysail", "pyspark", "scipy", "sklearn", "xgboost",
}  # fmt: skip
OF_VERBS = {"pydantic", "rich"}  # what declarations of a verb's arguments may import
IMPORTED = "import json, sys; sys.argv[1:] = {words}\nfrom jobs import cli\ntry: cli.main()\nexcept SystemExit: pass\n"
IMPORTED += "print(json.dumps(sorted(sys.modules)))"
# a file each, with the actions that it has
NAMED = {
    "approve", "audit accept", "audit show", "audit verify", "backup", "batches accept", "batches drop", "batches list",
    "batches retry", "build-features", "compare", "consent check", "consent show", "consent withdrawn", "contract diff",
    "contract migrate", "dataset export", "decide", "decisions list", "decisions resume", "decisions show",
    "decisions stop", "docs", "doctor", "erase", "exit", "generate",
    "ingest", "init", "labels", "models", "partner inspect", "partner resume", "partner suspend", "people enrol",
    "people list", "people release", "policy approve", "policy show", "quarantine drop", "quarantine list",
    "quarantine release", "quarantine show", "refine", "refuse-answer", "reject", "replay", "restore", "retire", "run",
    "send-back", "sources", "state accept", "state show", "subject show", "summary", "train", "vault rotate",
}  # fmt: skip


def leaves(each: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of what can be said, of a verb with actions those of the actions."""
    below = [action for action in each._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield each
    for action in below:
        for name in action.choices.values():
            yield from leaves(name)


LEAVES = list(leaves(parser()))
EXAMPLES = [example for verb in verbs() for example in verb.examples]


def is_result(returned: Any) -> bool:
    """Whether a type is a dataclass, or a list, tuple or mapping of such."""
    inner = [each for each in get_args(returned) if each not in (..., str)]
    return dataclasses.is_dataclass(returned) or (bool(inner) and all(map(is_result, inner)))


def test_every_verb_and_action_that_was_ever_told_of_is_there():
    verbs = {each.prog.removeprefix("fieldstone ") for each in LEAVES}
    assert verbs >= NAMED, f"commands that people and Airflow say are gone: {NAMED - verbs}; give them a file again"


@pytest.mark.parametrize("verb", verbs(), ids=lambda verb: verb.name)
def test_a_file_of_jobs_is_a_verb_that_says_what_it_does_and_for_whom(verb):
    path = ROOT / f"{verb.module.replace('.', '/')}.py"
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f'"""`fieldstone {verb.name}`: '), f"{path} has to begin with its command and what it does"
    assert verb.about, f"say in the first line of {path}, after the colon, what it does"
    assert verb.users in USERS, f"FOR of {path} has to be one of {', '.join(USERS)}"
    assert "declare" in {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}, (
        f"{path} needs a function `declare` that adds its arguments; what isn't a verb belongs to pipeline/ or "
        "jobs/command/"
    )
    below = text.splitlines()[ast.parse(text).body[0].end_lineno :]
    assert len(below) <= LONGEST, f"{path} has over {LONGEST} lines; move what it does to pipeline/"


@pytest.mark.parametrize("each", LEAVES, ids=lambda each: each.prog)
def test_every_verb_and_action_has_an_example_that_can_be_typed(each):
    own = [example for example in EXAMPLES if f"{example} ".startswith(f"{each.prog} ")]
    assert own, f"add a line, indented, to the docstring of its file in jobs/: {each.prog} and arguments"
    for example in own:
        read = parser().parse_args(shlex.split(example)[1:])
        assert read.run == each.get_default("run"), f"{example!r} runs something else than {each.prog}; mend it"
        assert example in each.format_help(), f"{each.prog} --help doesn't show {example!r} on a line of its own"


def test_verbs_know_nothing_of_each_other():
    names = {verb.module.removeprefix("jobs.") for verb in verbs()}
    known = {
        (verb.name, alias.name)
        for verb in verbs()
        for node in ast.walk(ast.parse((ROOT / f"{verb.module.replace('.', '/')}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "jobs"
        for alias in node.names
        if node.module == "jobs" or node.module.split(".")[1] in names
    }
    # `run` is all of them in one
    assert known == {("run", "docs"), ("run", "summary")}, "what two verbs share belongs to pipeline/ or jobs/command/"


@pytest.mark.parametrize("each", LEAVES, ids=lambda each: each.prog)
def test_every_argument_is_explained_and_taken_by_what_runs(each):
    silent = [action.dest for action in each._actions if not action.help]
    assert not silent, f"{each.prog}: give a help text to {', '.join(silent)}"
    assert each.description, f"{each.prog}: say what it does"
    _context, *takes = inspect.signature(imported(each.get_default("run"))).parameters
    declared = {action.dest for action in each._actions} | each._defaults.keys()
    lacking = {name for name in takes if name not in declared}
    assert not lacking, f"{each.prog} runs what takes {lacking}, which no argument gives; declare one of that name"
    common = {"help", "workspace", "as_of", "engine", "run", "looks_back", "state", "require", "as_json"}
    chosen = {action.dest for action in each._actions if type(action).__name__ == "Choose"}
    unused = declared - common - chosen - {*takes}
    assert not unused, f"{each.prog} declares {unused}, which what it runs doesn't take"


@pytest.mark.parametrize("each", LEAVES, ids=lambda each: each.prog)
def test_every_argument_has_an_example_unless_what_it_takes_is_listed(each):
    taking = [action for action in each._actions if action.nargs != 0 and not action.choices]
    bare = [
        action.dest
        for action in taking
        if not re.search(r"such as|e\.g\.|default: (?!guessed|the )", action.help or "")
    ]
    assert not bare, f"{each.prog}: end the help text of {', '.join(bare)} by an example: such as ..."


def test_a_verb_that_writes_a_workspace_takes_none():
    (init,) = (each for each in LEAVES if each.prog == "fieldstone init")
    assert not {"--workspace", "--as-of", "--engine"} & {*init._option_string_actions}, (
        "init writes a workspace: say in_workspace=False of `runs`"
    )
    without = [each.prog for each in LEAVES if each is not init and "--workspace" not in each._option_string_actions]
    assert not without, f"{without} run in a workspace: leave in_workspace of `runs` as it is"


def test_help_on_as_of_names_every_verb_that_looks_back():
    looking_back = {each.prog.removeprefix("fieldstone ") for each in LEAVES if each.get_default("looks_back")}
    assert {*LOOKING_BACK.split(", ")} == looking_back, "list in LOOKING_BACK of jobs/command/parser.py what looks back"


@pytest.mark.parametrize("each", LEAVES, ids=lambda each: each.prog)
def test_every_verb_has_a_result_of_named_fields_for_programs(each):
    assert "--json" in each._option_string_actions, f"{each.prog}: declare it by runs() of jobs/command/parser.py"
    returned = inspect.signature(imported(each.get_default("run"))).return_annotation
    assert is_result(returned), (
        f"{each.prog} runs what returns {returned}: let it return a frozen dataclass of pipeline/results/, several of "
        "them, or several by name"
    )


def packages(*words: str) -> set[str]:
    """Packages that a fresh interpreter has imported when the command has answered."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED.format(words=[*words])], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("no-such-verb",), ()], ids=str)
def test_what_runs_no_verb_imports_nothing_heavy(words):
    heavy = packages(*words) & (HEAVY | OF_VERBS)
    assert not heavy, f"fieldstone {' '.join(words)} imports {heavy}; jobs/cli.py and jobs/command/parser.py stay light"


def test_whoever_reads_the_help_of_a_verb_waits_for_nothing_heavy():
    """Of the parser with the arguments of all verbs, of which each imports its own alone."""
    code = "import json, sys\nfrom jobs.command.parser import parser\nparser()\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {name.split(".")[0] for name in json.loads(done.stdout)} & HEAVY
    assert not heavy, (
        f"the file of a verb imports {heavy}, for which its --help waits: name what it runs by its place, such as "
        '"pipeline.training:train", or import it in the function (python -X importtime -c "import jobs.train")'
    )


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as ended:
        parser("").parse_args(["--version"])
    assert (ended.value.code, capsys.readouterr().out) == (0, f"fieldstone {version('fieldstone')}\n"), (
        "`fieldstone --version` has to print the version that setup.cfg says, and end with 0"
    )


def test_help_lists_every_verb_once_by_the_kind_of_user():
    text = parser("").format_help()
    places = [text.index(f"for {users}:") for users in USERS]
    assert places == sorted(places), "list verbs in the order of USERS in jobs/command/parser.py"
    for verb in verbs():
        assert text.count(f"\n  {verb.name} ") == 1, f"{verb.name} has to be listed once"
