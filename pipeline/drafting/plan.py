"""From guesses to what a workspace needs: the key, the moment, the label, whose a row is, and the features."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from conf.schema.errors import UsageError
from conf.schema.subject import OPAQUE
from features.engine.plain_columns import flag_word
from pipeline.drafting import keys, numbers, persons
from pipeline.drafting.guesses import NULLS, Guess

_WHEN = re.compile(r"(?:^|_)(appl\w*|approv\w*|request\w*|issue\w*|origin\w*|grant\w*|decision)(?:_|$)|申请|审批|批准")
_LABELS = (
    r"(?:^|_)(is_bad|bad|default|defaulted|charged_?off|bad_flag|target|label|y|outcome|loan_status|status|class|risk|"
    r"credit_risk|good_bad)(?:_|$)|违约|逾期"
)
_BAD = re.compile(r"bad|default|charg|chgoff|yes|true|1|loss|write|fail|违约|是|坏", re.IGNORECASE)
_BIRTH = re.compile(r"birth|dob|born|出生|生日", re.IGNORECASE)
_TELLING = 0.95  # of an AUC by one column alone, which hardly anything reaches that is known before
_LEAST_BAD = 7  # of a fold


@dataclass(frozen=True)
class Asked:
    """What somebody has said, and need not be guessed; by the file's headers."""

    label: str | None = None
    bad: str | None = None
    key: str | None = None
    time: str | None = None
    subject: str | None = None


@dataclass(frozen=True)
class DraftPlan:
    """What a workspace is drafted by.

    Attributes:
        kept: columns of the contract, in their order; `left_out` may tell who somebody is.
        key: that names a row; None: it is made from `hashed`, and from the whole row where those are none.
        candidates: columns that name a row, the likeliest first.
        moment: when a row happened; None: it has no moment.
        bad, good: values of the label.
        features: columns that are features as they are.
        folds: in which the model is fitted.
        kind: of the subject's numbers; `pattern` is theirs where they are opaque.
        stated: what was said and not guessed, of `label bad key time subject`.
    """

    kept: tuple[Guess, ...]
    left_out: tuple[Guess, ...]
    key: Guess | None
    candidates: tuple[Guess, ...]
    hashed: tuple[Guess, ...]
    moment: Guess | None
    label: Guess
    bad: str
    good: str
    features: tuple[Guess, ...]
    folds: int
    subject: Guess | None
    kind: str | None
    pattern: str | None
    stated: frozenset[str]

    @property
    def is_of_persons(self) -> bool:
        """Whether the file names somebody, in columns that are kept or left out."""
        return bool(self.subject or self.left_out)


def planned(guesses: Sequence[Guess], rows: Sequence[Sequence[str]], asked: Asked) -> DraftPlan:
    """What to declare of a file.

    Raises:
        UsageError: a column that was named isn't there or can't be what was said, or no label is to be guessed.
    """
    by_header = {guess.header: guess for guess in guesses}
    cells = {guess.header: [row[i].strip() for row in rows] for i, guess in enumerate(guesses)}
    subject = _named(by_header, asked.subject, "subject")
    kind = persons.kind(_values(cells[subject.header])) if subject else None
    usable = [guess for guess in guesses if guess is not subject and (guess.identifies is None or guess.header in (
        asked.label, asked.key, asked.time))]  # fmt: skip
    label = _named(by_header, asked.label, "label") or _label(usable, cells)
    bad, good = _outcomes(label, cells[label.header], asked.bad)
    outcomes = [{bad: 1, good: 0}.get(cell) for cell in cells[label.header]]
    usable = [
        replace(guess, is_late=True)
        if guess is not label and tells(cells[guess.header], outcomes, guess.parse)
        else guess
        for guess in usable
    ]
    by_header |= {guess.header: guess for guess in usable}
    others = [guess for guess in usable if guess is not label]
    candidates = keys.candidates(others, cells)
    key = _named(by_header, asked.key, "key") or next(iter(candidates), None)
    if key and not (key.is_unique and key.is_whole):
        there = ", ".join(guess.header for guess in candidates) or "none"
        raise UsageError(
            f"--key {key.header}: some rows lack it or share it, so it names none; leave it out, or give one that "
            f"does: {there}"
        )
    moment = _named(by_header, asked.time, "time") or _first(
        [g for g in others if g.is_moment and g.is_whole and not (g.is_late or _BIRTH.search(g.name + g.header))],
        lambda g: bool(_WHEN.search(g.name) or _WHEN.search(g.header)), lambda g: True,
    )  # fmt: skip
    if moment and not (moment.is_moment and moment.is_whole):
        raise UsageError(f"--time {moment.header}: not every row has a day or moment there; leave it out")
    names = {guess.name for guess in usable} | ({subject.name} if subject else set())
    values = cells[label.header]
    rarer = min(values.count(bad), values.count(good))
    options = {name: getattr(asked, name) for name in ("label", "bad", "key", "time", "subject")}
    return DraftPlan(
        kept=(*([subject] if subject else []), *usable),
        left_out=tuple(guess for guess in guesses if guess.name not in names),
        key=key, candidates=candidates, hashed=keys.hashed(label, [*([subject] if subject else []), *others], cells),
        moment=moment, label=label, bad=bad, good=good,
        features=tuple(g for g in others if g not in (key, moment, *candidates) and _is_feature(g)),
        folds=max(2, min(5, rarer // (2 * _LEAST_BAD))),
        subject=subject,
        kind=kind,
        pattern=_pattern(cells[subject.header]) if subject and kind == OPAQUE else None,
        stated=frozenset(name for name, value in options.items() if value),
    )  # fmt: skip


def tells(cells: Sequence[str], outcomes: Sequence[int | None], parse: str | None = None) -> bool:
    """Whether a column tells the outcome nearly alone, by whether it has a value, or by how large that is.

    Args:
        outcomes: 1 bad, 0 good, None where nobody knows.
        parse: how numbers are written.
    """
    pairs = [(cell, outcome) for cell, outcome in zip(cells, outcomes, strict=True) if outcome is not None]
    there = [(float(cell not in NULLS), outcome) for cell, outcome in pairs]
    numbers = [(_number(cell, parse), outcome) for cell, outcome in pairs]
    sized = [(number, outcome) for number, outcome in numbers if number is not None]
    return any(abs(_auc(each) - 0.5) >= _TELLING - 0.5 for each in (there, sized))


def _number(cell: str, parse: str | None) -> float | None:
    try:
        return float(numbers.pointed(cell, parse))
    except ValueError:
        return None


def _auc(pairs: Sequence[tuple[float, int]]) -> float:
    """Chance that a bad row has the larger value, ties counted by half; 0.5 where there is but one outcome."""
    bads, goods = sum(outcome for _, outcome in pairs), sum(1 - outcome for _, outcome in pairs)
    below, total = 0, 0.0
    for _, tied in groupby(sorted(pairs), key=lambda pair: pair[0]):
        here = [outcome for _, outcome in tied]
        total += sum(here) * (below + (len(here) - sum(here)) / 2)
        below += len(here) - sum(here)
    return total / (bads * goods) if bads and goods else 0.5


def _named(by_header: dict[str, Guess], header: str | None, what: str) -> Guess | None:
    if header is None:
        return None
    if header not in by_header:
        raise UsageError(f"--{what} {header}: the file has no such column; it has {', '.join(by_header)}")
    return by_header[header]


def _label(guesses: Sequence[Guess], cells: dict[str, list[str]]) -> Guess:
    two = [guess for guess in guesses if len(_values(cells[guess.header])) == 2]
    for guess in two:
        if re.search(_LABELS, guess.name) or re.search(_LABELS, guess.header):
            return guess
    there = ", ".join(guess.header for guess in two) or "none"
    raise UsageError(
        "no column says by its name whether something went bad; say which with --label COLUMN (of two values are: "
        f"{there})"
    )


def _outcomes(label: Guess, cells: list[str], asked: str | None) -> tuple[str, str]:
    values = _values(cells)
    if len(values) != 2:
        raise UsageError(
            f"--label {label.header}: it has {len(values):,} values, and an outcome has two, bad and good (none where "
            "nobody knows yet); add a column to the file that says for each row which of both it is, empty where "
            "nobody knows, and name that column"
        )
    if asked is not None and asked not in values:
        raise UsageError(f"--bad: column {label.header} has no such value; give one of its two as it is written")
    by_number = sorted(values, key=lambda value: (cells.count(value), value))
    bad_values = [value for value in values if _BAD.fullmatch(value) or (len(value) > 1 and _BAD.search(value))]
    bad = asked or (bad_values[0] if len(bad_values) == 1 and {*values} != {"1", "2"} else by_number[0])
    (good,) = {*values} - {bad}
    return bad, good


def _values(cells: Iterable[str]) -> list[str]:
    return sorted({cell for cell in cells if cell not in NULLS})


def _is_feature(guess: Guess) -> bool:
    """Whether a column is a feature as it is, and not known only afterwards."""
    words = {flag_word(value) for value in guess.values}
    are_told_apart = len(words - {""}) == len(guess.values) > 1 and not re.search(r"['\\]", "".join(guess.values))
    return not guess.is_late and (guess.is_number or guess.type == "boolean" or are_told_apart)


def _first(guesses: Sequence[Guess], *wanted: Callable[[Guess], bool]) -> Guess | None:
    fitting = [guess for want in wanted for guess in guesses if want(guess)]
    return fitting[0] if fitting else None


def _pattern(cells: Iterable[str]) -> str:
    """How numbers are written, as far as those that there are tell: the letters and digits, and how many."""
    lengths = sorted({len(cell) for cell in cells if cell not in NULLS})
    signs = {sign for cell in cells if cell not in NULLS for sign in cell.upper()}
    more = "".join(re.escape(sign) for sign in sorted(signs) if not (sign.isascii() and sign.isalnum()))
    digits, letters = any(map(str.isdigit, signs)), any("A" <= sign <= "Z" for sign in signs)
    return f"[{'0-9' if digits else ''}{'A-Z' if letters else ''}{more}]{{{lengths[0]},{lengths[-1]}}}"
