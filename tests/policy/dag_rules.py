"""What every DAG file keeps to, and how to mend one that doesn't."""

import ast
from collections.abc import Iterator
from pathlib import Path

from conf.schema.workspace import ROOT

HEAVY = {"pyspark", "pysail", "deltalake", "pandas", "mlflow", "xgboost", "shap", "great_expectations"}
UPSTAIRS = {"jobs", "pipeline", "lake", "expectations", "features", "models", "sandbox"}
_CLOCKS = {"now", "utcnow", "today", "days_ago"}
_HOURS = 24  # the longest that a job may run
_OTHERS = {"EmptyOperator", "Review"}  # tasks that run no command


def faults(parsed: dict, folder: Path) -> dict[str, list[str]]:
    """File → what is wrong with it and how to mend it.

    Args:
        parsed: what `parse_dags.py` says of the folder.
        folder: the DAG files.
    """
    paths = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    faults_of = {path.name: [*_of_source(path), *_of_dags(parsed, path)] for path in paths}
    for name, error in parsed["errors"].items():
        faults_of[Path(name).name].append(f"let it parse: {error}")
    return {name: texts for name, texts in faults_of.items() if texts}


def _of_source(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.stem in {each.parent.name for each in ROOT.glob("*/__init__.py")}:
        yield "rename the file: Airflow would import it in place of the package"
    if wrong := sorted(_imported(tree) & (HEAVY | UPSTAIRS)):
        yield f"import conf and Airflow only, not {', '.join(wrong)}; a task runs a command for the rest: job(...)"
    if any(_calls(node, {"sleep"}) for node in _at_parsing(tree)):
        yield "wait in a task, or by a schedule: nothing else is parsed meanwhile"
    if any(_calls(node, _CLOCKS) for node in _at_parsing(tree)):
        yield "give a fixed date or none: one that moves whenever the file is parsed is never reached"


def _calls(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in names


def _imported(tree: ast.Module) -> set[str]:
    """Packages that a file imports, at its top or in a function."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def _at_parsing(tree: ast.Module) -> Iterator[ast.AST]:
    """Parts of a file that run when it is parsed, and arguments of DAGs wherever they stand."""
    below = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    dates = [word.value for word in ast.walk(tree) if isinstance(word, ast.keyword) and word.arg == "start_date"]
    for node in (*below, *dates):
        yield from ast.walk(node)


def _of_dags(parsed: dict, path: Path) -> Iterator[str]:
    dags = {name: dag for name, dag in parsed["dags"].items() if Path(dag["file"]).name == path.name}
    for name, dag in dags.items():
        if not dag["doc"]:
            yield f"{name}: say what it does: doc_md=__doc__"
        if "fieldstone" not in dag["tags"]:
            yield f"{name}: give it tags=['fieldstone', …], by which its pages are found"
        if dag["catchup"]:
            yield f"{name}: take DAG_DEFAULTS of dags/common.py: catchup=False, for a run takes in all that has come"
        for task in (each for each in parsed["tasks"] if each["dag"] == name):
            yield from (f"{name}.{task['id']}: {text}" for text in _of_task(task))


def _of_task(task: dict) -> Iterator[str]:
    if task["owner"] == "airflow":
        yield "name who answers for it: default_args={'owner': …}"
    if task["kind"] in _OTHERS or task["kind"] == "HITLBranchOperator":
        return
    command = task["command"]
    if command is None or not command.startswith("fieldstone "):
        yield "let it run a `fieldstone` command by job() of dags/common.py, so that by hand it does the same"
        return
    if not task["retries"] or not task["backoff"]:
        yield "let it be tried again, less and less often: RETRIES of dags/common.py, which job() gives"
    if not task["seconds"] or task["seconds"] > _HOURS * 3600:
        yield f"bound it in time: execution_timeout of at most {_HOURS} hours, which job(hours=…) gives"
    if task["pool"] == "default_pool":
        yield "name the pool of what it writes: job(pool=…), so that each table has one writer"
