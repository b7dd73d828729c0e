"""What names a row of a file: a column, or a key that is made from what the row says."""

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
    """Columns that name a row, the likeliest first: each row has a value of its own.

    They are numbers of something by their names, or codes by how they are written.
    """
    unique = [guess for guess in guesses if guess.is_unique and guess.is_whole]
    called = [guess for guess in unique if guess.type in ("string", "int", "long") and _is_number(guess)]
    coded = [g for g in unique if g.type == "string" and all(map(_CODE.fullmatch, cells[g.header])) and g not in called]
    return (*called, *coded)


def _is_number(guess: Guess) -> bool:
    """Whether a column is called a number of something."""
    return bool(_KEYS.search(guess.name) or _KEYS.search(header_words.plain(guess.header)))


def hashed(label: Guess | None, guesses: Sequence[Guess], cells: dict[str, list[str]]) -> tuple[Guess, ...]:
    """What a key is made from where no column names a row: what stays as it is when the outcome comes.

    None where that tells fewer rows apart than the whole row, and all outcomes have come.
    """
    lasting = tuple(guess for guess in guesses if not guess.is_late)
    whole = (*guesses, *([label] if label else []))
    apart, all_apart = ({*zip(*(cells[g.header] for g in each), strict=True)} for each in (lasting, whole))
    return () if (label is None or label.is_whole) and len(apart) < len(all_apart) else lasting
