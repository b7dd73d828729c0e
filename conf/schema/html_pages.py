"""HTML pages: the one place where templates are loaded, and how they write a text in the languages of a workspace.

Templates write a short text as `t("Grades", "等级")`, and an object with both languages, such as a `column.Text`, as
`text | t`. A text that contains elements is written as `{% filter en %}…{% endfilter %}` and
`{% filter zh %}…{% endfilter %}`. Where no element is allowed, such as in an attribute: `plain("Grades", "等级")`.
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
    """The Jinja environment of a package's folder `templates`; it escapes values, and an undefined value is an error.

    It also contains the templates that all pages share, such as the switch of languages.

    Args:
        stated: languages of the workspace, as its settings list them.
        filters: name → filter with which templates format values.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("conf.schema")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    cast(Any, environment).filters.update(filters)  # untyped in Jinja
    equip(environment, stated)
    return environment


def equip(environment: Environment, stated: Sequence[str]) -> None:
    """Add the functions for texts to an environment: `t`, `plain`, `shown` and the filters `t`, `en` and `zh`."""
    shown = languages.on_pages(stated)
    blocks = {language: partial(_block, language=language, shown=shown) for language in languages.SHOWN}
    free = cast(Any, environment)  # its filters and globals are untyped in Jinja
    free.filters.update({"t": partial(_of_both, shown=shown), **blocks})
    free.globals.update(t=partial(text, shown=shown), plain=partial(languages.plain, shown=shown), shown=shown)


def with_minus(number: str) -> str:
    """A number as pages write it: below 0 with a minus sign, which a hyphen isn't."""
    return number.replace("-", "\N{MINUS SIGN}")


def text(en: str, zh: str, shown: Sequence[str]) -> Markup:
    """A text in the shown languages, each in an element of its own if there are two.

    If the only shown language has no text, the text in the other language is used.
    """
    in_languages = languages.in_shown(en, zh, shown)
    if len(in_languages) == 1:
        return escape(*in_languages.values())
    return Markup(" ").join(_element(language, each) for language, each in in_languages.items())


def _of_both(phrase: Bilingual, shown: Sequence[str]) -> Markup:
    return text(phrase.en, phrase.zh, shown)


def _block(content: str, language: str, shown: Sequence[str]) -> Markup:
    if language not in shown:
        return Markup("")
    return escape(content) if len(shown) == 1 else _element(language, content)


def _element(language: str, content: str) -> Markup:
    return Markup('<span class="{0}" lang="{0}">{1}</span>').format(language, content)
