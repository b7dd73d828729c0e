"""The texts of a drafted workspace: its Python file, a template for `str.format`, and its `.gitignore`."""

import re
import shlex

IGNORED = """\
# Data of customers, the state that is made of them and its keys aren't for git.
/data/
.fieldstone*/
"""

NO_OUTCOME = "no column says what became of a row; as SQL, which are bad (1), good (0) or not known (NULL)"

SPINE = '''\
"""Which rows features are built for, as of when, and what became of them."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

ROWS = "{table}"
TABLES = (ROWS,)
KEYS = ("{key} AS application_id", "subject_key", "event_time AS as_of")
# what conf/features.yaml takes
FEATURES = (
{columns})
# {about}
IS_BAD = {bad}
STATUS = {status}


def training(tables: dict[str, DataFrame]) -> DataFrame:
    """All rows, as they were."""
    return tables[ROWS].selectExpr(*KEYS, *FEATURES)


def scoring(tables: dict[str, DataFrame], as_of: datetime) -> DataFrame:
    """Rows of which nobody knows yet what became of them."""
    known = tables[ROWS].where((F.col("known_at") <= F.lit(as_of)){known})
    return training({{ROWS: known}})


def labels(tables: dict[str, DataFrame], as_of: datetime, zone: str) -> DataFrame:
    """`is_bad`: 1 bad, 0 good, null where nobody knows."""
    known = tables[ROWS].where(F.col("known_at") <= F.lit(as_of))
    return known.selectExpr(*KEYS, f"{{STATUS}} AS label_status", f"{{IS_BAD}} AS is_bad")
'''


def typed(word: str) -> str:
    """A word for a shell: quoted if necessary, with letters of any script unchanged."""
    return word if re.fullmatch(r"[\w./@%+=:,-]+", word) else shlex.quote(word)
