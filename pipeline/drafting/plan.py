"""The plan of a drafted workspace, from guesses: its key, moment, label, subject and features."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from conf.schema.errors import UsageError
from conf.schema.subject import OPAQUE
from pipeline.drafting import outcomes, persons, row_keys
from pipeline.drafting.guesses import Guess
from pipeline.drafting.outcomes import RowOutcome, values_of

_WHEN = re.compile(r"(?:^|_)(appl\w*|approv\w*|request\w*|issue\w*|origin\w*|grant\w*|decision)(?:_|$)|申请|审批|批准")
_BIRTH = re.compile(r"birth|dob|born|出生|生日", re.IGNORECASE)
_LEAST_BAD = 7  # least number of bad rows in a fold


@dataclass(frozen=True)
class DraftOptions:
    """The user's options, which needn't be guessed; columns are named by the file's headers.

    Attributes:
        bad: bad values of the label, separated by commas.
        no_outcome: whether no column has the outcome.
    """

    label: str | None = None
    bad: str | None = None
    key: str | None = None
    time: str | None = None
    subject: str | None = None
    no_outcome: bool = False


@dataclass(frozen=True)
class DraftPlan:
    """The plan of a workspace.

    Attributes:
        kept: columns of the contract, in order; the columns `left_out` may identify persons.
        key: column that identifies a row; None: a key is made from `hashed`, or from the whole row if that is empty.
        candidates: columns that may identify a row, the likeliest first.
        moment: column with the moment of a row; None if there is none.
        outcome: outcome of the rows; None if the file has none, so no model can be fitted.
        features: columns that are features unchanged.
        folds: number of folds for fitting the model.
        kind: kind of the subject's numbers; `pattern` is their pattern if they are opaque.
        stated: options that the user stated, out of `label bad key time subject`.
    """

    kept: tuple[Guess, ...]
    left_out: tuple[Guess, ...]
    key: Guess | None
    candidates: tuple[Guess, ...]
    hashed: tuple[Guess, ...]
    moment: Guess | None
    outcome: RowOutcome | None
    features: tuple[Guess, ...]
    folds: int
    subject: Guess | None
    kind: str | None
    pattern: str | None
    stated: frozenset[str]

    @property
    def label(self) -> Guess | None:
        """The column with the outcome of a row."""
        return self.outcome.column if self.outcome else None

    @property
    def language(self) -> str:
        """Language of the file's headers: `zh` if any is in Chinese, else `en`."""
        headers = "".join(guess.header for guess in (*self.kept, *self.left_out))
        return "zh" if re.search("[\u4e00-\u9fff]", headers) else "en"

    @property
    def is_of_persons(self) -> bool:
        """Whether the file identifies persons, in columns that are kept or left out."""
        return bool(self.subject or self.left_out)


def planned(guesses: Sequence[Guess], rows: Sequence[Sequence[str]], options: DraftOptions) -> DraftPlan:
    """The plan for a file.

    Raises:
        UsageError: a named column doesn't exist or doesn't fit its use, or no label can be guessed.
    """
    by_header = {guess.header: guess for guess in guesses}
    cells = {guess.header: [row[i] for row in rows] for i, guess in enumerate(guesses)}
    subject = _named(by_header, options.subject, "subject")
    kind = persons.kind(values_of(cells[subject.header])) if subject else None
    usable = [guess for guess in guesses if guess is not subject and (guess.identifies is None or guess.header in (
        options.label, options.key, options.time))]  # fmt: skip
    outcome = _outcome(usable, cells, _named(by_header, options.label, "label"), options)
    label, became = (outcome.column, outcome.of(cells[outcome.column.header])) if outcome else (None, [])
    usable = [_late_if_revealing(guess, cells, became) if outcome and guess is not label else guess for guess in usable]
    by_header |= {guess.header: guess for guess in usable}
    others = [guess for guess in usable if guess is not label]
    candidates = row_keys.candidates(others, cells)
    key = _named(by_header, options.key, "key") or next(iter(candidates), None)
    if key and not (key.is_unique and key.is_whole):
        there = ", ".join(guess.header for guess in candidates) or "none"
        raise UsageError(
            f"--key {key.header}: some rows have no value or share one, so it doesn't identify a row; leave it out, "
            f"or give one that does: {there}"
        )
    moment = _named(by_header, options.time, "time") or _first(
        [g for g in others if g.is_moment and g.is_whole and not (g.is_late or _BIRTH.search(g.name + g.header))],
        lambda g: bool(_WHEN.search(g.name) or _WHEN.search(g.header)), lambda g: True,
    )  # fmt: skip
    if moment and not (moment.is_moment and moment.is_whole):
        raise UsageError(f"--time {moment.header}: not every row has a day or moment there; leave it out")
    names = {guess.name for guess in usable} | ({subject.name} if subject else set())
    stated = {name: getattr(options, name) for name in ("label", "bad", "key", "time", "subject")}
    return DraftPlan(
        kept=(*([subject] if subject else []), *usable),
        left_out=tuple(guess for guess in guesses if guess.name not in names),
        key=key, candidates=candidates,
        hashed=row_keys.hashed(label, [*([subject] if subject else []), *others], cells),
        moment=moment, outcome=outcome,
        features=tuple(g for g in others if g not in (key, moment, *candidates) and _is_feature(g)),
        folds=max(2, min(5, min(became.count(1), became.count(0)) // (2 * _LEAST_BAD))),
        subject=subject,
        kind=kind,
        pattern=_pattern(cells[subject.header]) if subject and kind == OPAQUE else None,
        stated=frozenset(name for name, value in stated.items() if value),
    )  # fmt: skip


def _outcome(
    guesses: Sequence[Guess], cells: dict[str, list[str]], label: Guess | None, options: DraftOptions
) -> RowOutcome | None:
    if not options.no_outcome:
        return outcomes.outcome(guesses, cells, label, options.bad)
    if label or options.bad is not None:
        raise UsageError("--no-outcome states that the file has no outcome; leave out --label and --bad")
    return None


def _late_if_revealing(guess: Guess, cells: dict[str, list[str]], became: Sequence[int | None]) -> Guess:
    return replace(guess, is_late=True) if outcomes.reveals(cells[guess.header], became, guess.parse) else guess


def _named(by_header: dict[str, Guess], header: str | None, what: str) -> Guess | None:
    if header is None:
        return None
    if header not in by_header:
        raise UsageError(f"--{what} {header}: the file has no such column; it has {', '.join(by_header)}")
    return by_header[header]


def _is_feature(guess: Guess) -> bool:
    """Whether a column can be a feature unchanged, and is known before the decision."""
    return not guess.is_late and why_no_feature(guess) is None


def why_no_feature(guess: Guess) -> str | None:
    """Why the values of a column can't be features unchanged; None if they can."""
    if guess.is_number or guess.type == "boolean":
        return None
    if guess.is_moment:
        return "a day or moment"
    if not guess.values:
        return "text without values, or with too many to list"
    if len(guess.values) == 1:
        return "one value alone"
    return "a quote or backslash in a value" if re.search(r"['\\]", "".join(guess.values)) else None


def _first(guesses: Sequence[Guess], *wanted: Callable[[Guess], bool]) -> Guess | None:
    fitting = [guess for want in wanted for guess in guesses if want(guess)]
    return fitting[0] if fitting else None


def _pattern(cells: Sequence[str]) -> str:
    """Pattern of numbers, derived from the present ones: their letters, digits and lengths."""
    lengths = sorted({len(cell) for cell in cells if cell})
    signs = {sign for cell in cells for sign in cell.upper()}
    more = "".join(re.escape(sign) for sign in sorted(signs) if not (sign.isascii() and sign.isalnum()))
    digits, letters = any(map(str.isdigit, signs)), any("A" <= sign <= "Z" for sign in signs)
    return f"[{'0-9' if digits else ''}{'A-Z' if letters else ''}{more}]{{{lengths[0]},{lengths[-1]}}}"
