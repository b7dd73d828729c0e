"""The key of a file's rows: a column, or a key made from the row's values."""

import re
from collections.abc import Sequence

from pipeline.drafting import header_words
from pipeline.drafting.guesses import Guess

_KEYS = re.compile(
    r"(?:^|_)(?:id|no|nr|number|num|key|ref|reference|code|serial|folio|codigo|numero|matricule|kennung"
    r"|[a-z]*(?:nummer|kennzeichen))(?:_|$)|编号|编码|号码|流水|序号|号$"
)
_CODE = re.compile(r"[\w./-]{1,40}")


def candidates(guesses: Sequence[Guess], cells: dict[str, list[str]]) -> tuple[Guess, ...]:
    """Columns that may identify a row, the likeliest first: each row has a different value.

    Their names show that they are numbers of something, or their values have the form of codes.
    """
    unique = [guess for guess in guesses if guess.is_unique and guess.is_whole]
    called = [guess for guess in unique if guess.type in ("string", "int", "long") and _is_number(guess)]
    coded = [g for g in unique if g.type == "string" and all(map(_CODE.fullmatch, cells[g.header])) and g not in called]
    return (*called, *coded)


def _is_number(guess: Guess) -> bool:
    """Whether a column's name is that of a number of something."""
    return bool(_KEYS.search(guess.name) or _KEYS.search(header_words.plain(guess.header)))


def hashed(label: Guess | None, guesses: Sequence[Guess], cells: dict[str, list[str]]) -> tuple[Guess, ...]:
    """Columns for a key if no column identifies a row: those that don't change when the outcome becomes known.

    Empty if they distinguish fewer rows than the whole row does, and all outcomes are known.
    """
    lasting = tuple(guess for guess in guesses if not guess.is_late)
    whole = (*guesses, *([label] if label else []))
    apart, all_apart = ({*zip(*(cells[g.header] for g in each), strict=True)} for each in (lasting, whole))
    return () if (label is None or label.is_whole) and len(apart) < len(all_apart) else lasting
