"""Names and reasons that people enter. They are kept for good, so they must be readable and can't imitate others."""

import unicodedata
from collections.abc import Set
from functools import cache

from conf.schema.errors import UsageError

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {*"\u200c\u200d"}  # some scripts can't be written without them
# invisible letters, marks and symbols: fillers, joiners of graphemes, blanks of Braille, music and hieroglyphs
_FILLERS = {*"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U00013441\U00013442\U00016fe4\U0001d159"}
# selectors of a letter's variant: Mongolian, emoji and rare characters have them
_RANGES = ((0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_SELECTORS = {chr(code) for first, last in _RANGES for code in range(first, last + 1)}
_IGNORED = _FILLERS | _SELECTORS
_BLANK = "it is blank; write it in words, because the audit trail keeps it"


def a_name(text: str) -> str:
    """The name of a person who acts, in Unicode's composed form (NFC), with single blanks and visible characters only.

    Raises:
        UsageError: it is blank, or has line breaks or other invisible characters.
    """
    return _seen(text, frozenset())


def in_words(text: str) -> str:
    """The reason for an act, on one line; like `a_name`, but joiners of letters and variant selectors are allowed.

    Raises:
        UsageError: it is blank, or has line breaks or other invisible characters.
    """
    return _seen(text, _JOINERS | _SELECTORS)


def one_form(text: str) -> str:
    """A name in a form that doesn't depend on case, width and blanks, for comparing people.

    Names with the same form are one identity. The form is Unicode's NFKC, case folded, without invisible characters.
    """
    seen = "".join(c for c in text if unicodedata.category(c) not in _UNSEEN and c not in _IGNORED)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join("".join(c for c in folded if c not in _IGNORED).split())


@cache
def distinguishing_form(name: str) -> str:
    """The part of a name that distinguishes people: its one form without dots, blanks, quotes, hyphens and the like."""
    form = one_form(name)
    letters = [c for c in form if unicodedata.category(c)[0] in "LNM" and not _is_quote(c)]
    return "".join(letters) or form


def _is_quote(character: str) -> bool:
    return unicodedata.name(character, "").startswith("MODIFIER LETTER")  # ʼ and the like are letters by category


def _seen(text: str, spared: Set[str]) -> str:
    if not any(c.isalnum() and c not in _IGNORED for c in text):
        raise UsageError(_BLANK)
    trimmed = unicodedata.normalize("NFC", text).strip()
    if unseen := {c for c in trimmed if (unicodedata.category(c) in _UNSEEN or c in _IGNORED) and c not in spared}:
        codes = ", ".join(f"U+{ord(c):04X}" for c in sorted(unseen))
        raise UsageError(
            f"it has characters that can't be seen ({codes}), such as line breaks; write it on one line without them, "
            "because the audit trail keeps it"
        )
    return " ".join(trimmed.split())
