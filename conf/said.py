"""What people say of themselves and why: kept for good, so that it can be read and nobody passes for another by it."""

import unicodedata

from conf.errors import FieldstoneError

_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # which some scripts can't be written without
# letters and marks that show nothing: fillers, joiners of graphemes, selectors of a variant
_IGNORED = {*"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"}
_IGNORED |= {chr(code) for first, last in ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF)) for code in range(first, last + 1)}
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


def one_form(text: str) -> str:
    """A name in the one form that tells people apart, whatever the case, the width and the blanks it is written in.

    Two names of one form are one identity: Unicode's NFKC, case folded, without what isn't seen.
    """
    seen = "".join(c for c in text if unicodedata.category(c) not in _UNSEEN and c not in _IGNORED)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold())
    return " ".join("".join(c for c in folded if c not in _IGNORED).split())


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
