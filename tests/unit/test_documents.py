"""A result is one line of JSON that any program reads, whatever types are in it."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from jobs.command.documents import document


class Kind(StrEnum):
    ONE = "one"


@dataclass(frozen=True)
class Inner:
    at: datetime
    names: tuple[str, ...]


@dataclass(frozen=True)
class Outer:
    inner: Inner
    kind: Kind


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        (True, True),
        (np.int64(5), 5),
        (np.float64(0.5), 0.5),
        (math.nan, None),
        (math.inf, None),
        (np.float32("nan"), None),
        (Decimal("1.50"), "1.50"),
        (Path("a/b"), "a/b"),
        (date(2026, 1, 1), "2026-01-01"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
        (pd.Timestamp("2026-01-01", tz="UTC"), "2026-01-01T00:00:00+00:00"),
        ({"b", "a"}, ["a", "b"]),
        ({1: (1, 2)}, {"1": [1, 2]}),
        (
            [Outer(Inner(datetime(2026, 1, 1, tzinfo=UTC), ("村", "x\ny")), Kind.ONE)],
            [{"inner": {"at": "2026-01-01T00:00:00+00:00", "names": ["村", "x\ny"]}, "kind": "one"}],
        ),
    ],
)
def test_every_type_that_results_have_is_read_back(value, read):
    assert json.loads(document(value)) == read


def nested(inner: some.SearchStrategy) -> some.SearchStrategy:
    return some.lists(inner) | some.dictionaries(some.text(), inner)


@given(some.recursive(some.none() | some.floats() | some.text(), nested))
def test_it_is_one_line_of_strict_json(value):
    text = document(value)
    assert len(text.splitlines()) == 1
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
