"""A county comes out the same, row by row, decision by decision and metric by metric, whatever is rebuilt inside.

Where a change is meant to give others, record them anew, and say in the commit which changed and why:
`FIELDSTONE_RECORD=1 pytest -n 0 tests/integration/test_same_tables.py`.
"""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

from conf.schema.workspace import load
from lake import keyfiles, state
from lake.erasure import DECISIONS
from lake.tables import Lake
from pipeline import all_jobs
from pipeline.context import Context
from pipeline.decisions import decide
from pipeline.registry import tracking
from sandbox.county.generator import generate
from tests.integration.learning import PSEUDONYM_KEY, county_context

RECORDED = Path(__file__).with_name("tables_of_a_county.json")
DIGITS = 9  # of doubles: sums may come in another order on another processor
FIGURES = 5  # digits of what models say: boosters sum in single precision
LAYERS = ("bronze", "silver", "gold", "quarantine")
# the code of models is part of what names a training here; how a decision is worded is held by tests of its own
WORDED = ["changes_en", "changes_zh", "reasons_en", "reasons_zh", "limit_reasons_en", "limit_reasons_zh"]
OTHERWISE = {"gold__training_members": ["fingerprint"], DECISIONS: [*WORDED, "grounds_en", "grounds_zh"]}


def rows_of(lake: Lake, table: str, digits: int = DIGITS) -> str:
    """Number of rows and a hash of them, whatever their order; ciphertext, which is random, doesn't count."""
    rows = state.opened(lake.path(table)).to_pandas()
    rows = rows[sorted(c for c in rows.columns if not c.endswith("_ciphertext") and c not in OTHERWISE.get(table, []))]
    doubles = rows.select_dtypes("float").columns
    texts = rows.assign(**{c: rows[c].map(f"{{:.{digits}g}}".format) for c in doubles}).astype(str)
    lines = sorted("\x1f".join(line) for line in texts.itertuples(index=False, name=None))
    return f"{len(rows)} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"


def tables_of(context: Context) -> dict[str, str]:
    """What `rows_of` says of each table of the county."""
    return {table: rows_of(context.lake, table) for table in context.lake.tables() if table.startswith(LAYERS)}


def metrics_of(context: Context) -> dict[str, dict[str, str]]:
    """By model, each figure of the version in force."""
    client = tracking.connect(context.workspace.settings)
    records = {model: _record(client, model) for model in context.workspace.models}
    return {
        model: {name: "none" if value is None else f"{value:.{FIGURES}g}" for name, value in record["metrics"].items()}
        for model, record in records.items()
    }


def _record(client, model: str) -> dict:
    return json.loads(tracking.artifact(client, tracking.by_alias(client, model, tracking.CHAMPION), tracking.RECORD))


def hold(part: str, fingerprints: dict) -> None:
    """Compare a part of what came out with what was recorded, or record it."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    if os.environ.get("FIELDSTONE_RECORD"):
        recorded[part] = fingerprints
        RECORDED.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    before = recorded[part]
    changed = sorted(name for name in {*fingerprints, *before} if fingerprints.get(name) != before.get(name))
    assert not changed, f"{', '.join(changed)} came out otherwise; where that is meant, record anew, and say why"


def test_every_table_has_the_rows_that_were_recorded(learnt):
    hold("tables", tables_of(county_context(learnt)))


def test_every_model_has_the_metrics_that_were_recorded(learnt):
    for model, metrics in metrics_of(county_context(learnt)).items():
        hold(f"metrics of {model}", metrics)


def test_every_decision_is_the_one_that_was_recorded(county):
    decide.run(county)
    hold("decisions", {DECISIONS: rows_of(county.lake, DECISIONS, FIGURES)})


def test_every_table_of_a_county_with_defects_has_the_rows_that_were_recorded(spark, tmp_path):
    made = generate(spark, tmp_path, households=40, months=12, seed=5, defect_share=0.05)
    settings = {"home": tmp_path / "state", "landing": tmp_path / "landing", "as_of": made.as_of}
    workspace = load()
    context = Context(replace(workspace, settings=workspace.settings.model_copy(update=settings)), made.as_of)
    keyfiles.keep(context.workspace.settings, "pseudonym", bytes.fromhex(PSEUDONYM_KEY))
    all_jobs.take_in(context).end()
    tables = tables_of(context)
    assert any(not rows.startswith("0 ") for table, rows in tables.items() if table.startswith("quarantine"))
    hold("tables of a county with defects", tables)
