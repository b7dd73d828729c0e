"""Defects: spoilt copies of good rows, so that a county is complete without them.

A pipeline that quarantines every defect (and drops exact copies) ends with the tables of the clean county.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from conf.schema import required
from conf.schema.contract import Column, Contract
from conf.schema.identifiers import RESIDENT_ID_CHECKS as CHECKS
from conf.schema.quarantine_reasons import ReasonCode
from sandbox.county.publish import Records
from sandbox.county.scope import Scope

MAX_SHARE = 0.15  # largest share of defects in one file, below the contracts' usual limit of failures

KINDS: dict[str, ReasonCode | None] = {
    "ragged_line": ReasonCode.RAGGED_ROW,
    "bad_encoding": ReasonCode.BAD_ENCODING,
    "broken_line": ReasonCode.BAD_RECORD,
    "bad_check_digit": ReasonCode.INVALID_SUBJECT,
    "wrong_type": ReasonCode.BAD_TYPE,
    "impossible_value": ReasonCode.OUT_OF_RANGE,
    "unknown_code": ReasonCode.NOT_ALLOWED,
    "broken_rule": ReasonCode.RULE_BROKEN,
    "future_time": ReasonCode.FUTURE_TIME,
    "orphan_key": ReasonCode.ORPHAN_KEY,
    "unknown_consent_text": ReasonCode.UNKNOWN_CONSENT_TEXT,
    "duplicate": None,
    "late_file": None,
}
"""What each kind of defect must end as; an exact duplicate is dropped, a late file accepted, without a reason."""

_LINE_KINDS = {"csv": ("ragged_line", "bad_encoding"), "jsonl": ("broken_line", "bad_encoding"), "parquet": ()}
Row = dict[str, Any]


@dataclass(frozen=True)
class Defect:
    """A spoilt copy of a row.

    Attributes:
        kind: one of KINDS.
        position: index of the good row before which it stands.
        row: its values; a defect of the line, rather than of a value, is added when the line is written.
    """

    kind: str
    position: int
    row: Row


def spoil(rng: np.random.Generator, share: float, contract: Contract, form: str, rows: pa.Table) -> list[Defect]:
    """Spoilt copies of a share of a file's rows, by position.

    Args:
        rng: random generator for this file alone.
        share: share of the rows.
        contract: contract of the rows.
        form: csv, jsonl or parquet.
        rows: the good rows.
    """
    count = min(int(share * len(rows) + rng.random()), int(MAX_SHARE * len(rows)))
    if not share or not count:
        return []
    kinds = possible(contract, form)
    where = np.sort(rng.choice(len(rows), count, replace=False))
    picked = [kinds[k] for k in rng.integers(0, len(kinds), count)]
    copies = rows.take(pa.array(where)).to_pylist()
    return [
        Defect(kind, int(at), _SPOILERS.get(kind, _untouched)(rng, contract, row))
        for kind, at, row in zip(picked, where, copies, strict=True)
    ]


def postponed(scope: Scope, contract: Contract, records: Records) -> tuple[Records, np.ndarray]:
    """Records of which those of one quarter are published only in the last days, and a mask of these.

    A township hands in its survey of the drought late. Records that were corrected since stay unchanged; otherwise an
    old version would come after the new one.
    """
    key = [records[name].astype(str) for name in contract.primary_key]
    _, at, times = np.unique(np.stack(key, axis=1), axis=0, return_inverse=True, return_counts=True)
    old = records["published_at"]
    quarter = np.datetime64(f"{scope.drought_year}-10-01")
    into = old - quarter
    late = (into >= np.timedelta64(0)) & (old < quarter + 92) & (times[at] == 1)
    new = scope.as_of - np.timedelta64(12, "D") + into // 10
    return records | {"published_at": np.where(late, new, old)}, late


def possible(contract: Contract, form: str) -> list[str]:
    """Kinds of defects that rows of a contract in a format can have."""
    columns = contract.columns.values()
    kinds = {
        "bad_check_digit": contract.subject is not None,
        "wrong_type": form != "parquet" and any(_numeric(c) for c in columns),
        "impossible_value": bool(_bounded(contract)),
        "unknown_code": any(c.values for c in columns),
        "broken_rule": any(rule.name in _RULE_BREAKERS for rule in contract.rules),
        "future_time": contract.published is not None,
        # a withdrawal of an unknown consent isn't harmless, because it stops the subject's other consents
        "orphan_key": any(c.references and not c.references.same_subject for c in columns),
        "unknown_consent_text": "text_sha256" in contract.columns,
        "duplicate": True,
    }
    return [*_LINE_KINDS[form], *(kind for kind, fits in kinds.items() if fits)]


def _numeric(column: Column) -> bool:
    return column.required and column.type.startswith(("decimal", "int", "double"))


def _bounded(contract: Contract) -> list[str]:
    """Numeric columns with an upper bound."""
    return [name for name, c in contract.columns.items() if isinstance(c.max, int | float) and c.required]


def _pick(rng: np.random.Generator, names: list[str]) -> str:
    return names[rng.integers(len(names))]


def _untouched(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    return row


def _bad_check_digit(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    whose = required.subject(contract).column
    number = str(row[whose])
    wrong = CHECKS[(CHECKS.index(number[-1]) + rng.integers(1, len(CHECKS))) % len(CHECKS)]
    return row | {whose: number[:-1] + wrong}


def _wrong_type(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    return row | {_pick(rng, [name for name, c in contract.columns.items() if _numeric(c)]): "abc"}


def _impossible_value(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    """The row with a value below the minimum or ten times the maximum, as far as the column's type allows."""
    name = _pick(rng, _bounded(contract))
    column = contract.columns[name]
    low, high = column.min, column.max
    if isinstance(low, int | float) and rng.random() < 0.5:
        value = low - 1
    elif isinstance(high, int | float):
        value = high * 10 + 1
    else:
        raise ValueError(f"{contract.table} gives {name} no limit that is a number")
    return row | {name: int(value) if column.type in ("int", "long") else Decimal(str(value))}


def _unknown_code(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    return row | {_pick(rng, [name for name, c in contract.columns.items() if c.values]): "unknown"}


def _future_time(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    """The row with a publication two to five years later, after any moment at which a county is examined."""
    published = required.published(contract)
    return row | {published: row[published] + timedelta(days=int(rng.integers(2000, 3000)))}


def _orphan_key(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    name = next(name for name, column in contract.columns.items() if column.references)
    return row | {name: str(row[name])[0] + f"99999{rng.integers(10**5):05d}"}


def _unknown_consent_text(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    return row | {"text_sha256": rng.bytes(32).hex()}


def _broken_rule(rng: np.random.Generator, contract: Contract, row: Row) -> Row:
    return _RULE_BREAKERS[_pick(rng, [rule.name for rule in contract.rules if rule.name in _RULE_BREAKERS])](row)


_SPOILERS: dict[str, Callable[[np.random.Generator, Contract, Row], Row]] = {
    "bad_check_digit": _bad_check_digit,
    "wrong_type": _wrong_type,
    "impossible_value": _impossible_value,
    "unknown_code": _unknown_code,
    "broken_rule": _broken_rule,
    "future_time": _future_time,
    "orphan_key": _orphan_key,
    "unknown_consent_text": _unknown_consent_text,
}


def _before(day: date | datetime) -> date | datetime:
    return day - timedelta(days=30)


_RULE_BREAKERS: dict[str, Callable[[Row], Row]] = {
    "membership_ends_after_start": lambda row: row | {"valid_to_date": _before(row["valid_from_date"])},
    "harvest_after_sowing": lambda row: row | {"harvest_date": _before(row["sown_date"])},
    "disaster_within_sown_area": lambda row: row | {"disaster_area_mu": row["sown_area_mu"] + 1},
    "cycle_ends_after_start": lambda row: row | {"end_date": _before(row["start_date"])},
    "no_more_out_than_in": lambda row: row | {"died_head": row["stocked_head"] + 1},
    "transfer_ends_after_start": lambda row: row | {"valid_to_date": _before(row["valid_from_date"])},
    "settled_means_paid": lambda row: row | {"paid_date": row["due_date"], "paid_cny": row["due_cny"] / 2},
    "expires_after_grant": lambda row: row | {"expires_at": _before(row["granted_at"])},
}
