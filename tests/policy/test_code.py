"""Rules about the code itself, shown over every file."""

import ast
import re
import statistics

from importlinter.cli import lint_imports

from conf.schema.workspace import ROOT
from tests.policy.sources import ROOMS, files, findings, parsed

SILENT = ("conf", "expectations", "features", "lake", "models", "pipeline")
FILES = files(*ROOMS)

# What Spark Connect doesn't offer, and so neither engine may be asked for.
CLASSIC_SPARK = re.compile(r"\bsparkContext\b|\.rdd\b|\b_jvm\b|\b_jdf\b|\bSparkContext\b")
# Ways to read a table past the gate.
READERS = re.compile(
    r"\.read\.(format|parquet|csv|json|text|table|load|delta)|\bDeltaTable\(|\.readStream\b|\bread_delta\b"
)

# Who opens what is sealed. People see it by `lake.disclosure` alone; the others are jobs, and an exit that two people
# have decided.
UNSEALING = re.compile(r"\b(unseal|unseal_rows|unsealed_under|unwrap)\(")
UNSEALS = {
    "pipeline/decisions/decision_inputs.py": "what a decision was made from, to decide once more",
    "pipeline/erasure/planning.py": "identifiers to be searched for, once they are erased",
    "pipeline/erasure/erasure_request.py": "requests that were begun",
    "pipeline/erasure/handover.py": "hand-over of identifiers, approved by another person",
    "pipeline/ingest/api/listings.py": "numbers that a partner is asked by",
    "pipeline/ingest/api/listing_pages.py": "pages that were kept",
    "pipeline/ingest/run.py": "identifiers on their way to the vault",
    "pipeline/erasure/named_elsewhere.py": "rows of others that name somebody who is to be erased",
    "pipeline/quarantine/waiting_rows.py": "rows to be released",
    "pipeline/erasure/unlinked_rows.py": "rows that may name somebody who is to be erased",
    "lake/cipher.py": "how it is done",
    "lake/disclosure.py": "people",
    "lake/masters.py": "data keys",
    "lake/file_names.py": "names of files, for erasure and for engineers",
    "lake/pseudonym.py": "one identity, which the key of an older lake is held against",
    "lake/rotation.py": "data keys",
    "lake/vault.py": "how it is done",
}


def test_code_stays_within_spark_connect():
    beyond = findings(FILES, CLASSIC_SPARK.findall)
    assert not beyond, (
        f"{beyond}: say it with the DataFrame API or SQL, which Spark Connect offers: no RDD, no sparkContext, no _jvm"
    )


def test_tables_are_read_through_the_lake_only():
    beside = findings([path for path in FILES if path.parent.name != "lake"], READERS.findall)
    assert not beside, f"{beside}: read with lake.read(table, purpose=…, as_of=…)"


def imported(source: str) -> set[str]:
    """Packages that a text imports."""
    nodes = [node for node in ast.walk(parsed(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [
        name
        for node in nodes
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    ]
    return {name.split(".")[0] for name in names}


def test_only_tracking_talks_to_mlflow():
    talking = findings(FILES, lambda source: "mlflow" in imported(source))
    assert talking.keys() <= {
        "pipeline/registry/tracking.py",
        "pipeline/registry/scorer.py",
        "sandbox/stack/mlflow_reader.py",
    }, "call pipeline/registry/tracking.py, the one place that talks to MLflow"


def test_no_code_is_loaded_from_an_artifact():
    loads = re.compile(r"\bload_model\(|\bunwrap_python_model\b|\b(?:import|from) (?:pickle|cloudpickle|joblib|dill)\b")
    loading = findings(FILES, loads.findall)
    assert not loading, f"{loading}: a predictor is data: pipeline/releases/champions.py"


def test_what_is_sealed_is_opened_where_it_has_to_be_and_nowhere_else():
    assert findings(FILES, UNSEALING.search).keys() == UNSEALS.keys(), (
        "who opens what is sealed is listed in UNSEALS with why; take it out there, or open nothing here"
    )
    replaying = findings(FILES, re.compile(r"\breadable\(").search)
    assert replaying.keys() == {"pipeline/quarantine/waiting_rows.py", "pipeline/quarantine/readmission.py"}, (
        "readable() opens whole rows; let pipeline/quarantine/readmission.py replay them, or list the file here"
    )


def errors_without_a_kind(source: str) -> list[int]:
    """Lines that make the error that all kinds are of."""
    calls = [node for node in ast.walk(parsed(source)) if isinstance(node, ast.Call)]
    return [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "FieldstoneError"]


def test_an_error_is_raised_by_its_kind():
    made = findings(FILES, errors_without_a_kind)
    assert not made, f"lines {made}: raise one of the kinds of conf/schema/errors.py, by what the caller can do"


def prints(source: str) -> list[int]:
    """Lines that name `print`."""
    return [node.lineno for node in ast.walk(parsed(source)) if isinstance(node, ast.Name) and node.id == "print"]


def test_below_the_verbs_nothing_prints():
    printing = findings(files(*SILENT), prints)
    assert not printing, (
        f"lines {printing}: log it (LOG = logging.getLogger(__name__)), or let the verb in jobs/ show it"
    )


def test_nothing_imports_upward(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="setup.cfg", no_cache=True) == 0, (
        "import downward only; `lint-imports` names the import, and setup.cfg the floors"
    )


def test_files_and_functions_are_small():
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in FILES]
    functions = [
        node.end_lineno - node.lineno + 1
        for path in FILES
        for node in ast.walk(parsed(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    assert statistics.median(lengths) <= 110, "files have grown: split the longest by concept"
    assert statistics.median(functions) < 15, "functions have grown: split the longest into steps with names"
    assert max(lengths) <= 300, "a file is over 300 lines: split it by concept"


def undocumented(source: str) -> list[str]:
    """Public functions and classes without a docstring."""
    nodes = [node for node in parsed(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [node.name for node in nodes if not node.name.startswith("_") and not ast.get_docstring(node)]


def test_public_functions_and_classes_have_docstrings():
    bare = findings(FILES, undocumented)
    assert not bare, f"{bare}: give each public function and class a docstring: what it gives, units, errors"
