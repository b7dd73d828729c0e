"""Rows are read through the gate: `lake.read(table, purpose=…, as_of=…)`. What reads past it is listed, with why."""

import ast
from pathlib import Path

import pytest

from conf.schema import gold
from lake import raw_access, state

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("conf", "dags", "expectations", "features", "jobs", "lake", "models", "pipeline", "notebooks", "examples")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

# Methods that give rows whatever the gate would say, on whichever object they are called.
_METHODS = {"platform", "_scan", "_in_use", "_consents", "to_pyarrow_dataset", "to_pyarrow_table", "to_pandas"}
# Modules of the lake whose functions read past the gate, by what they are called here; of `raw` not those that tell the
# columns of a table, or forget its past.
RAW, STATE = (module.__name__.rpartition(".")[2] for module in (raw_access, state))
_MODULES = {RAW: "raw", STATE: "state"}
_OF_STATE, _HARMLESS = {"opened", "whole"}, {"columns", "keys", "purge"}
_READERS = {"format", "load", "parquet", "table", "delta"}

# Who reads past the gate, how, and why it may. `platform` gives tables of the platform's own alone: vault, audit and
# quarantine, in which nobody reads what is said of anybody without a key (`UNSEALS` in test_code.py).
UNGATED = {
    "pipeline/recovery/backup.py": {
        "state.opened": "looks whether each table is whole; its files are copied as they lie"
    },
    "pipeline/features/build_notes.py": {
        "state.opened": "the log of a table that was built, to tell whether it is as it was noted"
    },
    "pipeline/decisions/commitments.py": {
        "raw.rows": "what was granted stands, whatever consents have ended: number and amount"
    },
    "pipeline/consent/standing.py": {"platform": "notices that wait, for they may have ended a consent"},
    "pipeline/decisions/data_coverage.py": {"raw.known_between": "counts of rows by when they became known"},
    "pipeline/decisions/decide.py": {
        "raw.applications": "numbers of applications: what is decided is never decided again"
    },
    "pipeline/decisions/decision_inputs.py": {
        "platform": "sealed inputs of decisions, and whose key is there",
        "raw.chosen": "sealed inputs that were left by a run that was killed, to be taken back",
    },
    "pipeline/erasure/dropped_batches.py": {
        "raw.count": "how many rows of a refused batch go",
        "raw.rows": "hashes of these rows, so that a pull brings them no more",
    },
    "pipeline/erasure/planning.py": {"platform": "sealed identifiers of whoever is erased, to be searched for"},
    "pipeline/erasure/erasure_steps.py": {
        "raw.redact": "numbers of consents in decisions on others, erased with the person"
    },
    "pipeline/erasure/orderly_exit.py": {"raw.subjects": "keys of whose rows came from a partner who leaves"},
    "pipeline/erasure/model_traces.py": {
        "raw.chosen": "which model versions have learnt from whoever is erased",
        "raw.values": "numbers of applications of whoever is erased, to be starred in reports",
    },
    "pipeline/erasure/handover.py": {
        "platform": "sealed identifiers, whose hand-over another person has approved",
        "raw.count": "how many rows stay behind, for they may not be handed over",
    },
    "pipeline/consent/identities.py": {"platform": "sealed identifiers, for whoever may see them by role"},
    "pipeline/ingest/api/listings.py": {"platform": "sealed numbers of those who consent, by which a partner is asked"},
    "pipeline/ingest/late_consent.py": {"raw.by_batch": "counts of rows by batch"},
    "pipeline/ingest/plain_names.py": {"raw.change": "names of files are replaced by tokens, where they stood plain"},
    "pipeline/ingest/run.py": {"platform": "hashes of rows that were turned away, so that they aren't taken in twice"},
    "pipeline/resolution/migration.py": {
        "raw.rows": "rows are written anew with the columns that their contract has now"
    },
    "pipeline/erasure/named_elsewhere.py": {
        "platform": "sealed rows of others that may name whoever is erased",
        "raw.change": "these rows are sealed anew without the name",
    },
    "pipeline/quarantine/waiting_rows.py": {"platform": "sealed rows that wait, to be listed by reason or released"},
    "pipeline/decisions/replay_results.py": {
        "raw.count": "whether there is a decision on an application",
        "raw.values": "numbers of applications that were decided",
    },
    "pipeline/decisions/replay.py": {
        "raw.chosen": "decisions that were made, and their sealed inputs, to decide once more"
    },
    "pipeline/consent/restored.py": {"raw.values": "who has a key again, of those who were erased before the restore"},
    "pipeline/sealing.py": {"raw.chosen": "rows that come or go, of which a digest is kept"},
    "pipeline/overview/summary.py": {"raw.tally": "counts of decisions, and the sum of their limits"},
    "pipeline/overview/present.py": {
        "raw.chosen": "rows that wait in quarantine, counted by reason",
        "raw.counts": "counts of decisions by outcome and day",
    },
    "pipeline/erasure/taken_seals.py": {"raw.chosen": "rows that an erasure takes or changes, to digest them"},
    "pipeline/erasure/unlinked_rows.py": {
        "platform": "rows that wait and tell nobody's, which may be of whoever is erased",
        "raw.rows": "numbers of consents and whose they are, whichever has ended",
    },
    "pipeline/consent/alerts.py": {"platform": "how many notices and consents wait, and whose nobody can tell"},
    "pipeline/consent/withdrawals.py": {
        "platform": "notices that wait, for they may withdraw a consent",
        "raw.rows": "consents that a waiting notice may mean, whichever has ended",
    },
    "lake/batch.py": {
        "state.opened": "when the last batch was received",
        "to_pyarrow_table": "when the last batch was received",
    },
    "lake/restrictions.py": {"platform": "whose rows are only stored, so that reads leave them out"},
    "lake/request_log.py": {"platform": "whom partners were asked for"},
    "lake/erasure.py": {
        "raw.count": "how many rows are to go",
        "raw.latest": "when the term began for which the law keeps a record",
        "raw.rows": "who has other rows, and rows that waited longer than they may",
        "raw.subjects": "of whom rows are held, to be held against the consents",
        "raw.values": "numbers of consents and applications of whoever is erased",
    },
    "lake/fingerprints.py": {"read.format": "a hash over a table", "state.whole": "a hash over a table"},
    "lake/time_travel.py": {
        "_scan": "former versions, behind the gate that the lake puts before them",
        "read.format": "former versions, behind the gate that the lake puts before them",
        "state.whole": "former versions, behind the gate that the lake puts before them",
    },
    "lake/pseudonym.py": {"to_pyarrow_dataset": "some sealed identities, to tell whether the key is theirs"},
    "lake/rotation.py": {
        "to_pyarrow_dataset": "wrapped keys, to be wrapped anew",
        "to_pyarrow_table": "under which master key each is",
    },
    "lake/seals.py": {
        "raw.chosen": "rows of sealed tables, held against their digests",
        "raw.values": "what names a row that is missing, from the table beside it",
    },
    "lake/selection.py": {"to_pyarrow_dataset": "how rows are chosen, for those who are listed here"},
    "lake/snapshot.py": {"_consents": "the consents of the gate, worked out once"},
    "lake/raw_access.py": {
        "read.format": "how it is done, for those who are listed here",
        "state.opened": "how it is done, for those who are listed here",
        "state.whole": "how it is done, for those who are listed here",
        "to_pyarrow_dataset": "how it is done, for those who are listed here",
    },
    "lake/storage.py": {
        "_scan": "tables of the platform's own, by `platform`",
        "read.format": "how it is done, for the gate",
        "state.opened": "tables of the platform's own, by `records`; and deletion",
        "state.whole": "how it is done, for the gate",
    },
    "lake/tables.py": {"_consents": "the gate", "_in_use": "the gate", "_scan": "the gate"},
    "lake/vault.py": {
        "platform": "wrapped keys",
        "to_pyarrow_table": "under which master key each is",
    },
}


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def ungated(source: str) -> set[str]:
    """The reads past the gate in a file."""
    reads, tree = set(), ast.parse(source)
    called: dict[str, str] = {}  # name of a module here → what it is
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "lake":
            called |= {each.asname or each.name: _MODULES.get(each.name, "another") for each in node.names}
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lake."):
            of = _MODULES.get(node.module.removeprefix("lake."), "another")
            reads |= {f"{of}.{each.name}" for each in node.names if _is_ungated(of, each.name)}
        if isinstance(node, ast.Import) and any(each.name.startswith("lake.") for each in node.names):
            reads.add("import lake.…, which hides what is called")
    for node in (each for each in ast.walk(tree) if isinstance(each, ast.Attribute)):
        owner = called.get(node.value.id, "") if isinstance(node.value, ast.Name) else ""
        if _is_ungated(owner, node.attr):
            reads.add(f"{owner}.{node.attr}")
        if node.attr in _METHODS and not owner:
            reads.add(node.attr)
        if node.attr in _READERS and isinstance(node.value, ast.Attribute) and node.value.attr == "read":
            reads.add(f"read.{node.attr}")
    return reads - {"to_pandas"} if "deltalake" not in source else reads


def _is_ungated(module: str, name: str) -> bool:
    return (module == "raw" and name not in _HARMLESS) or (module == "state" and name in _OF_STATE)


def test_what_reads_past_the_gate_is_listed_with_why():
    ungated_reads = {_named(path): reads for path in FILES if (reads := ungated(path.read_text(encoding="utf-8")))}
    news = {f"{path}: {read}" for path, reads in ungated_reads.items() for read in reads - UNGATED.get(path, {}).keys()}
    gone = {
        f"{path}: {read}" for path, reads in UNGATED.items() for read in reads.keys() - ungated_reads.get(path, set())
    }
    assert not news, f"read with lake.read(table, purpose=…, as_of=…), or list it in UNGATED with why: {sorted(news)}"
    assert not gone, f"take out of UNGATED what isn't read past the gate any more: {sorted(gone)}"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"from lake import {RAW}\n{RAW}.rows(lake, table)", {"raw.rows"}),
        (f"from lake import {RAW} as s\ns.subjects(lake, table)", {"raw.subjects"}),
        (f"from lake.{RAW} import rows, purge\nrows(lake, table)", {"raw.rows"}),
        (f"from lake import {RAW}\nread = {RAW}.chosen", {"raw.chosen"}),
        (f"from lake import {RAW}\n{RAW}.columns(lake, table)", set()),
        (f"import lake.{RAW}\nlake.{RAW}.rows(lake, table)", {"import lake.…, which hides what is called"}),
        (f"from lake import {STATE}\n{STATE}.opened(place).to_pyarrow_table()", {"state.opened", "to_pyarrow_table"}),
        ("context.lake.platform(table)", {"platform"}),
        ("context.lake._in_use(table)", {"_in_use"}),
        ("lake.spark.read.format('delta').load(place)", {"read.format"}),
        ("spark.read.delta(place)", {"read.delta"}),
        ("from deltalake import DeltaTable as D\nD(place).to_pandas()", {"to_pandas"}),
        ("context.lake.read(table, purpose=purpose, as_of=at).toPandas()", set()),
    ],
)
def test_a_read_past_the_gate_is_noticed_however_it_is_written(source, expected):
    assert ungated(source) == expected, "teach ungated() this way to read, or it passes unseen"


@pytest.mark.parametrize("declared", gold.TABLES.values(), ids=lambda each: each.table)
def test_a_gold_table_without_a_gate_says_why(declared):
    without = {gold.TRAINING_SUBJECTS.table}
    assert bool(declared.ungated_because) == (declared.table in without), (
        "declare gates for it in conf/schema/gold.py; where none can be, say ungated_because there, and list it here"
    )
