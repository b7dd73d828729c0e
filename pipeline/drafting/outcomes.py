"""The outcome of rows: its column, its bad values, and other columns that reveal it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from conf.schema.errors import UsageError
from pipeline.drafting import numbers
from pipeline.drafting.guesses import MOST_VALUES, Guess

_LABELS = (
    r"(?:^|_)(is_bad|bad|default|defaulted|charged_?off|bad_flag|target|label|y|outcome|loan_status|status|class|risk|"
    r"credit_risk|good_bad)(?:_|$)|违约|逾期"
)
_BAD = re.compile(r"bad|default|charg|chgoff|yes|true|1|loss|write|fail|违约|是|坏", re.IGNORECASE)
_TELLING = 0.95  # AUC of a single column; hardly any column that is known before the decision reaches it


@dataclass(frozen=True)
class RowOutcome:
    """The outcome of rows.

    Attributes:
        column: column with the outcome, empty for a row whose outcome isn't known yet.
        bad, good: all bad and all good values of the column.
    """

    column: Guess
    bad: tuple[str, ...]
    good: tuple[str, ...]

    def of(self, cells: Sequence[str]) -> list[int | None]:
        """Outcome of each row, from its cell: 1 bad, 0 good, None if it isn't known."""
        by_value = dict.fromkeys(self.bad, 1) | dict.fromkeys(self.good, 0)
        return [by_value.get(cell) for cell in cells]


def outcome(guesses: Sequence[Guess], cells: dict[str, list[str]], named: Guess | None, bad: str | None) -> RowOutcome:
    """The outcome column of a file.

    Args:
        guesses: columns that may have the outcome.
        cells: header → cells of the column.
        named: the column that the user named.
        bad: bad values as the user entered them, separated by commas; None guesses the bad one of two values.

    Raises:
        UsageError: there is no such column, or its values aren't outcomes.
    """
    column = named or _called_so(guesses, cells, bad)
    values = values_of(cells[column.header])
    if not 2 <= len(values) <= MOST_VALUES or (len(values) > 2 and bad is None):
        raise UsageError(
            f"--label {column.header}: it has {len(values):,} values, but an outcome has two, bad and good (empty "
            f"where it isn't known yet); name the bad ones of up to {MOST_VALUES} values with --bad VALUE,VALUE, or "
            "add a column of good and bad to the file and name it"
        )
    bads = _bad_values(column, values, bad) if bad is not None else (_guessed_bad(cells[column.header], values),)
    return RowOutcome(column, bads, tuple(value for value in values if value not in bads))


def _called_so(guesses: Sequence[Guess], cells: dict[str, list[str]], bad: str | None) -> Guess:
    two = [guess for guess in guesses if len(values_of(cells[guess.header])) == 2]
    more = [guess for guess in guesses if guess.values and guess not in two] if bad is not None else []
    for guess in (*two, *more):
        if re.search(_LABELS, guess.name) or re.search(_LABELS, guess.header):
            return guess
    there = ", ".join(guess.header for guess in two) or "none"
    raise UsageError(
        "no column's name shows that it is the outcome; name the column with --label COLUMN (columns of two values: "
        f"{there}), or give --no-outcome if there is none"
    )


def _bad_values(column: Guess, values: Sequence[str], stated: str) -> tuple[str, ...]:
    """The bad values that the user entered: one, which may contain a comma, or several separated by commas."""
    bads = (stated,) if stated in values else tuple(dict.fromkeys(part.strip() for part in stated.split(",")))
    if not {*bads} <= {*values}:
        raise UsageError(
            f"--bad: column {column.header} has no such value; give one of its {len(values)} as it is written, or "
            "several separated by commas"
        )
    if len(bads) == len(values):
        raise UsageError(f"--bad: no value of column {column.header} would be good; list the bad values only")
    return bads


def _guessed_bad(cells: list[str], values: list[str]) -> str:
    """The bad one of two values: the one with a word for bad, or else the rarer one."""
    called = [value for value in values if _BAD.fullmatch(value) or (len(value) > 1 and _BAD.search(value))]
    if len(called) == 1 and {*values} != {"1", "2"}:
        return called[0]
    return min(values, key=lambda value: (cells.count(value), value))


def values_of(cells: Iterable[str]) -> list[str]:
    """The distinct values, in order."""
    return sorted({*cells} - {""})


def reveals(cells: Sequence[str], outcomes: Sequence[int | None], parse: str | None = None) -> bool:
    """Whether a column alone nearly reveals the outcome, by the presence or by the size of its value.

    Args:
        cells: values of the column as text.
        outcomes: 1 bad, 0 good, None if it isn't known.
        parse: form of numbers.
    """
    pairs = [(cell, outcome) for cell, outcome in zip(cells, outcomes, strict=True) if outcome is not None]
    there = [(float(cell != ""), outcome) for cell, outcome in pairs]
    read = [(_number(cell, parse), outcome) for cell, outcome in pairs]
    sized = [(number, outcome) for number, outcome in read if number is not None]
    return any(abs(_auc(each) - 0.5) >= _TELLING - 0.5 for each in (there, sized))


def _number(cell: str, parse: str | None) -> float | None:
    try:
        return float(numbers.pointed(cell, parse))
    except ValueError:
        return None


def _auc(pairs: Sequence[tuple[float, int]]) -> float:
    """Probability that a bad row has the larger value, with ties counted by half; 0.5 if there is only one outcome."""
    bads, goods = sum(outcome for _, outcome in pairs), sum(1 - outcome for _, outcome in pairs)
    below, total = 0, 0.0
    for _, tied in groupby(sorted(pairs), key=lambda pair: pair[0]):
        here = [outcome for _, outcome in tied]
        total += sum(here) * (below + (len(here) - sum(here)) / 2)
        below += len(here) - sum(here)
    return total / (bads * goods) if bads and goods else 0.5
