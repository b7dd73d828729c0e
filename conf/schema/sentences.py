"""Sentences for applicants on features that count against their application; they are full sentences, not labels."""

from dataclasses import dataclass, replace
from enum import StrEnum

Sentence = tuple[str, ...]  # a sentence in each language of the workspace, in the order of `languages.SHOWN`
SIDES = ("high", "low", "absent")
# `monotone` of a feature → the sides on which its value may count against an applicant
_ADVERSE = {1: ("high", "absent"), -1: ("low", "absent"), 0: SIDES}


class Changeability(StrEnum):
    """Whether the household can change a value that counts against it."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


NOW, LATER, NEVER = Changeability


@dataclass(frozen=True)
class Sentences:
    """Sentences of a feature, each as `(en, zh)`, or `(en,)` in a workspace of one language.

    Attributes:
        change: whether the household can change the value: `now`, `later` (it takes a season, or repayment) or `never`.
        high: sentence for a value that is too high, or for a flag that is true.
        low: sentence for a value that is too low, or for a flag that is false.
        absent: sentence for an unknown value; a table may declare it for all its features.
        only_grows: whether the value can only rise, as the time since the first loan does: nobody can lower a high one.
        fact: what the feature measures, where others measure it too, such as `crop_income` of sales at the bank and of
            harvests: an applicant is given one reason for a fact. By default each feature is a fact with its windows.
    """

    change: Changeability
    high: Sentence = ()
    low: Sentence = ()
    absent: Sentence = ()
    only_grows: bool = False
    fact: str = ""

    def change_of(self, side: str) -> Changeability:
        """Whether the household can change a value that counts against it on a side; empty is no side."""
        return NEVER if self.only_grows and side == "high" else self.change

    def of(self, *, absent: Sentence = (), en: str = "", zh: str = "") -> "Sentences":
        """The sentences for one window; the table's sentence `absent` is used if the feature has none of its own."""
        windows = (en, zh)

        def filled(sentence: Sentence) -> Sentence:
            return tuple(text.format(window=window) for text, window in zip(sentence, windows, strict=False))

        filled_in = {side: filled(getattr(self, side)) for side in SIDES}
        return replace(self, **filled_in | {"absent": filled_in["absent"] or absent})


def unsaid(sentences: Sentences | None, monotone: int, languages: int) -> list[str]:
    """Sides on which a feature may count against an applicant and that lack a sentence in some language.

    Args:
        monotone: direction of the probability of default, 0 if it isn't certain.
        languages: number of languages that a sentence needs.
    """
    return [
        side
        for side in _ADVERSE[monotone]
        if sentences is None or len([*filter(None, getattr(sentences, side))]) < languages
    ]
