"""What an applicant is told where a feature counts against the application: sentences for people, not labels."""

from dataclasses import dataclass, replace
from enum import StrEnum

Sentence = tuple[str, ...]  # a sentence in each language of the workspace, in the order of `languages.SHOWN`
SIDES = ("high", "low", "absent")
# in which ways a feature may count against somebody, by the direction in which it moves the PD
_ADVERSE = {1: ("high", "absent"), -1: ("low", "absent"), 0: SIDES}


class Changeability(StrEnum):
    """Whether the household can change what counts against it."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


NOW, LATER, NEVER = Changeability


@dataclass(frozen=True)
class Sentences:
    """Sentences of a feature, each as `(en, zh)`, or `(en,)` in a workspace of one language.

    Attributes:
        change: whether the household can change it: `now`, `later` (it takes a season, or repayment) or `never`.
        high: said where more of it counts against the application; of a flag, where it holds.
        low: said where less of it does; of a flag, where it doesn't hold.
        absent: said where nothing is known of it; a table may say it for all its features.
    """

    change: Changeability
    high: Sentence = ()
    low: Sentence = ()
    absent: Sentence = ()

    def of(self, *, absent: Sentence = (), en: str = "", zh: str = "") -> "Sentences":
        """The same for one window, with the table's sentence where nothing is known and this has none of its own."""
        windows = (en, zh)

        def filled(sentence: Sentence) -> Sentence:
            return tuple(text.format(window=window) for text, window in zip(sentence, windows, strict=False))

        filled_in = {side: filled(getattr(self, side)) for side in SIDES}
        return replace(self, **filled_in | {"absent": filled_in["absent"] or absent})


def unsaid(sentences: Sentences | None, monotone: int, languages: int) -> list[str]:
    """Sides in which a feature may count against somebody, without a sentence in each language.

    Args:
        monotone: direction of the probability of default, 0 where it isn't certain.
        languages: how many a sentence needs.
    """
    return [
        side
        for side in _ADVERSE[monotone]
        if sentences is None or len([*filter(None, getattr(sentences, side))]) < languages
    ]
