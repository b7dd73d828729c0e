"""What people say of themselves and why: kept for good, so that it can be read and nobody passes for another by it."""

import unicodedata

from conf.errors import FieldstoneError

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # which some scripts can't be written without
_BLANK = "it is blank, and has to be said in words, for it is kept in the trail"


def a_name(text: str) -> str:
    """Who acts: in Unicode's composed form (NFC), blanks single, without anything that can't be seen.

    Raises:
        FieldstoneError: it is blank, or has line breaks or other characters that aren't seen.
    """
    return _seen(text, "")


def in_words(text: str) -> str:
    """Why somebody acts, on one line; as `a_name`, and joiners of letters are let be.

    Raises:
        FieldstoneError: it is blank, or has line breaks or other characters that aren't seen.
    """
    return _seen(text, _JOINERS)


def _seen(text: str, spared: str) -> str:
    if not any(map(str.isalnum, text)):
        raise FieldstoneError(_BLANK)
    trimmed = unicodedata.normalize("NFC", text).strip()
    if unseen := {c for c in trimmed if unicodedata.category(c) in _UNSEEN and c not in spared}:
        codes = ", ".join(f"U+{ord(c):04X}" for c in sorted(unseen))
        raise FieldstoneError(
            f"it has characters that can't be seen ({codes}), such as line breaks; say it on one line without them, "
            "for it is kept in the trail"
        )
    return " ".join(trimmed.split())
