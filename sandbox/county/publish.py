"""When partners publish what happened, and how they correct themselves later."""

from collections.abc import Callable

import numpy as np

from sandbox.county.scope import Scope

Records = dict[str, np.ndarray]
GO_LIVE_DAYS = 100  # assumed: the platforms went live so long before the window and loaded what was on paper


def published(scope: Scope, rng: np.random.Generator, event: np.ndarray, low_days: int, high_days: int) -> np.ndarray:
    """Instants some days after an event, or the load at go-live for what happened before."""
    live = scope.start - GO_LIVE_DAYS + rng.integers(0, 30, len(event))
    day = np.maximum(event.astype("datetime64[D]") + rng.integers(low_days, high_days + 1, len(event)), live)
    return day.astype("datetime64[s]") + rng.integers(0, 10 * 3600, len(event))


def stacked(parts: list[Records]) -> Records:
    """One set of records from several with the same columns."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def taken(records: Records, rows: np.ndarray) -> Records:
    """Some rows of the records, by index or mask."""
    return {name: column[rows] for name, column in records.items()}


def corrected(
    rng: np.random.Generator,
    records: Records,
    column: str,
    mistake: Callable[[np.ndarray], np.ndarray],
    share: float = 0.02,
) -> Records:
    """Let a share of the records be published with a mistake first and put right weeks or months later."""
    wrong = np.flatnonzero(rng.random(len(records["published_at"])) < share)
    right = taken(records, wrong)
    right["published_at"] = right["published_at"] + rng.integers(15 * 86_400, 150 * 86_400, len(wrong))
    first = records[column].copy()
    first[wrong] = mistake(first[wrong])
    return stacked([records | {column: first}, right])


def known(scope: Scope, records: Records) -> Records:
    """What was published before the county's end, in the order of publication."""
    order = np.argsort(records["published_at"], kind="stable")
    return taken(records, order[records["published_at"][order] < scope.as_of])
