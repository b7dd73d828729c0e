"""Languages of a workspace's texts: each text has the first, and every other that the settings list.

Fieldstone shows a text under `en` and a second one under `zh`. In a workspace of other languages its first one stands
in the place of English, and nothing stands in that of Chinese.
"""

from collections.abc import Sequence
from typing import Any

from conf.schema.declaration import is_list, is_mapping

SHOWN = ("en", "zh")
_NO_TEXTS = ("rename", "params")  # their names are columns' and parameters'


def filled(stated: Any, languages: Sequence[str]) -> Any:
    """What a file states, with each text under the names that are shown.

    A mapping with a text in one of the languages is one of texts, or a declaration that has some beside other fields.

    Args:
        languages: of the workspace, the first of which every text has.

    Raises:
        ValueError: a text lacks one of the languages.
    """
    if tuple(languages) in (SHOWN, SHOWN[::-1]):
        return stated
    if is_list(stated):
        return [filled(each, languages) for each in stated]
    if not is_mapping(stated):
        return stated
    parts = {name: value if name in _NO_TEXTS else filled(value, languages) for name, value in stated.items()}
    texts = {name: parts.pop(name) for name in {*SHOWN, *languages} if isinstance(parts.get(name), str)}
    if not texts:
        return parts
    if absent := [language for language in languages if language not in texts]:
        raise ValueError(f"a text in {', '.join(sorted(texts))} lacks {', '.join(absent)}, which the settings ask for")
    return parts | {"en": texts.get("en", texts[languages[0]]), "zh": texts.get("zh", "")}


def on_pages(languages: Sequence[str]) -> tuple[str, ...]:
    """Those of `SHOWN` that pages are written in: Chinese where it is listed, English where anything else is."""
    chinese = ("zh",) if "zh" in languages else ()
    return chinese if {*languages} == {"zh"} else ("en", *chinese)


def currency_zh(currency: str) -> str:
    """A currency in Chinese text: yuan are written as the unit that they are, others by their code of ISO 4217."""
    return "元" if currency == "CNY" else currency
