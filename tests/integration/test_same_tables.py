"""A county comes out the same, row by row, whatever is rebuilt inside.

Where a change is meant to give other rows, record them anew, and say in the commit which tables changed and why:
`FIELDSTONE_RECORD=1 pytest tests/integration/test_same_tables.py`.
"""

import hashlib
import json
import os
from pathlib import Path

from lake import state
from tests.integration.learning import county_context

RECORDED = Path(__file__).with_name("tables_of_a_county.json")
DIGITS = 9  # of doubles: sums may come in another order on another processor
LAYERS = ("bronze", "silver", "gold", "quarantine")
# the code of models is part of what names a training here
OTHERWISE = {"gold__training_members": ["fingerprint"]}


def rows_of(lake, table: str) -> str:
    """Number of rows and a hash of them, whatever their order; ciphertext, which is random, doesn't count."""
    rows = state.opened(lake.path(table)).to_pandas()
    rows = rows[sorted(c for c in rows.columns if not c.endswith("_ciphertext") and c not in OTHERWISE.get(table, []))]
    doubles = rows.select_dtypes("float").columns
    texts = rows.assign(**{c: rows[c].map(f"{{:.{DIGITS}g}}".format) for c in doubles}).astype(str)
    lines = sorted("\x1f".join(line) for line in texts.itertuples(index=False, name=None))
    return f"{len(rows)} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:16]}"


def test_every_table_has_the_rows_that_were_recorded(learnt):
    lake = county_context(learnt).lake
    found = {table: rows_of(lake, table) for table in lake.tables() if table.startswith(LAYERS)}
    if os.environ.get("FIELDSTONE_RECORD"):
        RECORDED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    changed = sorted(table for table in {*found, *recorded} if found.get(table) != recorded.get(table))
    assert not changed, f"{', '.join(changed)} came out otherwise; where that is meant, record anew, and say why"
