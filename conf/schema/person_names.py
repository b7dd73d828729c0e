"""What people say of themselves and why: kept for good, so that it can be read and nobody passes for another by it."""

import unicodedata
from collections.abc import Set
from functools import cache

from conf.schema.errors import UsageError

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {*"\u200c\u200d"}  # which some scripts can't be written without
# letters, marks and symbols that show nothing: fillers, joiners of graphemes, blanks of Braille, music and hieroglyphs
_FILLERS = {*"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U00016fe4\U0001d159"}
# of a letter's variant: Mongolian, emoji and rare characters have them
_RANGES = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_SELECTORS = {chr(code) for first, last in _RANGES for code in range(first, last + 1)}
_IGNORED = _FILLERS | _SELECTORS
_BLANK = "it is blank, and has to be said in words, for it is kept in the trail"


def a_name(text: str) -> str:
    """Who acts: in Unicode's composed form (NFC), blanks single, without anything that can't be seen.

    Raises:
        UsageError: it is blank, or has line breaks or other characters that aren't seen.
    """
    return _seen(text, frozenset())


def in_words(text: str) -> str:
    """Why somebody acts, on one line; as `a_name`, and what joins letters or chooses a variant of one is let be.

    Raises:
        UsageError: it is blank, or has line breaks or other characters that aren't seen.
    """
    return _seen(text, _JOINERS | _SELECTORS)


def one_form(text: str) -> str:
    """A name in the one form that tells people apart, whatever the case, the width and the blanks it is written in.

    Two names of one form are one identity: Unicode's NFKC, case folded, without what isn't seen.
    """
    seen = "".join(c for c in text if unicodedata.category(c) not in _UNSEEN and c not in _IGNORED)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join("".join(c for c in folded if c not in _IGNORED).split())


@cache
def distinguishing_form(name: str) -> str:
    """What of a name tells people apart: its one form without dots, blanks, quotes, hyphens and other such marks."""
    form = one_form(name)
    letters = [c for c in form if unicodedata.category(c)[0] in "LNM" and not _is_quote(c)]
    return "".join(letters) or form


def _is_quote(character: str) -> bool:
    return unicodedata.name(character, "").startswith("MODIFIER LETTER")  # ʼ and its like, letters by their category


def _seen(text: str, spared: Set[str]) -> str:
    if not any(c.isalnum() and c not in _IGNORED for c in text):
        raise UsageError(_BLANK)
    trimmed = unicodedata.normalize("NFC", text).strip()
    if unseen := {c for c in trimmed if (unicodedata.category(c) in _UNSEEN or c in _IGNORED) and c not in spared}:
        codes = ", ".join(f"U+{ord(c):04X}" for c in sorted(unseen))
        raise UsageError(
            f"it has characters that can't be seen ({codes}), such as line breaks; say it on one line without them, "
            "for it is kept in the trail"
        )
    return " ".join(trimmed.split())
