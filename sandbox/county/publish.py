"""Moments of publication of the partners' records, and their later corrections."""

from collections.abc import Callable

import numpy as np

from sandbox.county.scope import Scope

Records = dict[str, np.ndarray]
GO_LIVE_DAYS = 100  # assumed: days before the window when the platforms went live and loaded their paper records


def published(scope: Scope, rng: np.random.Generator, event: np.ndarray, low_days: int, high_days: int) -> np.ndarray:
    """Instants some days after each event; for events before go-live, the moment of the first load."""
    live = scope.start - GO_LIVE_DAYS + rng.integers(0, 30, len(event))
    day = np.maximum(event.astype("datetime64[D]") + rng.integers(low_days, high_days + 1, len(event)), live)
    return day.astype("datetime64[s]") + rng.integers(0, 10 * 3600, len(event))


def stacked(parts: list[Records]) -> Records:
    """Several sets of records with the same columns, joined into one."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def taken(records: Records, rows: np.ndarray) -> Records:
    """A selection of the records' rows, by index or mask."""
    return {name: column[rows] for name, column in records.items()}


def corrected(
    rng: np.random.Generator,
    records: Records,
    column: str,
    mistake: Callable[[np.ndarray], np.ndarray],
    share: float = 0.02,
) -> Records:
    """The records, of which a share is first published with a mistake and corrected weeks or months later."""
    wrong = np.flatnonzero(rng.random(len(records["published_at"])) < share)
    right = taken(records, wrong)
    right["published_at"] = right["published_at"] + rng.integers(15 * 86_400, 150 * 86_400, len(wrong))
    first = records[column].copy()
    first[wrong] = mistake(first[wrong])
    return stacked([records | {column: first}, right])


def known(scope: Scope, records: Records) -> Records:
    """The records published before the county's end, in the order of publication."""
    order = np.argsort(records["published_at"], kind="stable")
    return taken(records, order[records["published_at"][order] < scope.as_of])
