"""HTML pages: the one way in which templates are read, and how they say a text in the languages of a workspace.

Templates say a short text as `t("Grades", "等级")` or, of what has both such as a `column.Text`, as `text | t`;
one with elements in it as `{% filter en %}…{% endfilter %}` and `{% filter zh %}…{% endfilter %}`; and where no element
may stand, such as in an attribute, as `plain("Grades", "等级")`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol, cast

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from conf.schema import languages


class Bilingual(Protocol):
    """A text in both languages; the second may be empty."""

    @property
    def en(self) -> str: ...
    @property
    def zh(self) -> str: ...


def templates(package: str, stated: Sequence[str], **filters: Callable[..., str]) -> Environment:
    """The folder `templates` of a package: values are escaped, and one that isn't there is an error.

    What all pages share, such as the switch of languages, is found as well.

    Args:
        stated: languages of the workspace, as its settings list them.
        filters: by name, how templates write values.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("conf.schema")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast(Any, environment).filters.update(filters)  # which Jinja leaves untyped
    equip(environment, stated)
    return environment


def equip(environment: Environment, stated: Sequence[str]) -> None:
    """Give templates what they say a text with: `t`, `plain`, `shown` and the filters `t`, `en` and `zh`."""
    shown = languages.on_pages(stated)
    blocks = {language: partial(_block, language=language, shown=shown) for language in languages.SHOWN}
    free = cast(Any, environment)  # whose filters and globals Jinja leaves untyped
    free.filters.update({"t": partial(_of_both, shown=shown), **blocks})
    free.globals.update(t=partial(text, shown=shown), plain=partial(plain, shown=shown), shown=shown)


def text(en: str, zh: str, shown: Sequence[str]) -> Markup:
    """A text in the languages that are shown, each in an element of its own where there are two.

    One that isn't in the only language that is shown stands as it is given.
    """
    in_languages = _in_languages(en, zh, shown)
    if len(in_languages) == 1:
        return escape(*in_languages.values())
    return Markup(" ").join(_element(language, each) for language, each in in_languages.items())


def plain(en: str, zh: str, shown: Sequence[str], between: str = " ") -> str:
    """The same where no element may stand."""
    return between.join(_in_languages(en, zh, shown).values())


def _in_languages(en: str, zh: str, shown: Sequence[str]) -> dict[str, str]:
    in_languages = {language: each for language, each in (("en", en), ("zh", zh)) if each}
    return (
        {language: each for language, each in in_languages.items() if language in shown} or in_languages or {"en": ""}
    )


def _of_both(phrase: Bilingual, shown: Sequence[str]) -> Markup:
    return text(phrase.en, phrase.zh, shown)


def _block(content: str, language: str, shown: Sequence[str]) -> Markup:
    if language not in shown:
        return Markup("")
    return escape(content) if len(shown) == 1 else _element(language, content)


def _element(language: str, content: str) -> Markup:
    return Markup('<span class="{0}" lang="{0}">{1}</span>').format(language, content)
