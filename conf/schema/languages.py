"""Languages of a workspace's texts: each text has the first, and every other that the settings list.

Fieldstone keeps a text under `en` and its second version under `zh`. In a workspace with other languages, the first
language takes the place of English, and the place of Chinese stays empty.
"""

from collections.abc import Sequence
from typing import Any

from conf.schema.declaration import is_list, is_mapping

SHOWN = ("en", "zh")
_NO_TEXTS = ("rename", "params")  # mappings whose keys are names of columns or parameters, not of languages
_UNITS_ZH = {
    "usd": "美元",
    "year": "年",
    "years": "年",
    "month": "月",
    "months": "月",
    "days": "天",
    "mu": "亩",
    "m2": "平方米",
    "kg": "千克",
    "head": "头",
    "count": "数量",
    "ratio": "比值",
    "rank": "序",
    "flag": "是否",
}


def filled(stated: Any, languages: Sequence[str]) -> Any:
    """The content of a file, with each text under the names `en` and `zh`.

    A mapping with a text in one of the languages is a text itself, or a declaration that has texts among its fields.

    Args:
        languages: languages of the workspace; every text has all of them.

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
        raise ValueError(
            f"a text in {', '.join(sorted(texts))} lacks {', '.join(absent)}, which conf/settings.yaml lists under "
            "languages; add it"
        )
    return parts | {"en": texts.get("en", texts[languages[0]]), "zh": texts.get("zh", "")}


def on_pages(languages: Sequence[str]) -> tuple[str, ...]:
    """Languages of the pages, out of `SHOWN`: Chinese if it is listed, English if any other language is."""
    chinese = ("zh",) if "zh" in languages else ()
    return chinese if {*languages} == {"zh"} else ("en", *chinese)


def in_shown(en: str, zh: str, shown: Sequence[str]) -> dict[str, str]:
    """A text by language, in those of the shown languages that it has; in the other if it has none of them.

    Args:
        shown: `on_pages` of the workspace's languages.
    """
    texts = {language: each for language, each in (("en", en), ("zh", zh)) if each}
    return {language: each for language, each in texts.items() if language in shown} or texts or {"en": ""}


def plain(en: str, zh: str, shown: Sequence[str], between: str = " ") -> str:
    """A text in the shown languages on one line, without elements of a page."""
    return between.join(in_shown(en, zh, shown).values())


def unit_zh(unit: str, currency: str) -> str:
    """A column's unit in a Chinese text, such as 元/亩 for `cny_mu`; what isn't known stays as it is.

    Args:
        currency: of the workspace, which `cny` stands for.
    """
    units = _UNITS_ZH | {"cny": currency_zh(currency)}
    return "/".join(units.get(part, part) for part in unit.split("_"))


def currency_zh(currency: str) -> str:
    """A currency in a Chinese text: yuan by their Chinese name, others by their code of ISO 4217."""
    return "元" if currency == "CNY" else currency
