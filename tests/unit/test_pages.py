"""Templates say each text in the languages of the workspace, escaped, and never an empty one."""

import re

import pytest
from jinja2 import DictLoader

from conf.schema import html_pages, languages
from conf.schema.column import Text
from conf.schema.workspace import ROOT

BOTH = '<span class="en" lang="en">{}</span> <span class="zh" lang="zh">{}</span>'


def rendered(stated: list[str], template: str, **values: object) -> str:
    environment = html_pages.templates("conf.schema", stated)
    environment.loader = DictLoader({"page": template})
    return environment.get_template("page").render(**values)


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        (["en"], ("en",)),
        (["zh"], ("zh",)),
        (["zh", "en"], ("en", "zh")),
        (["de"], ("en",)),
        (["de", "zh"], ("en", "zh")),
    ],
)
def test_pages_are_in_chinese_where_it_is_listed_and_in_english_where_anything_else_is(stated, shown):
    assert languages.on_pages(stated) == shown
    assert languages.on_pages(shown) == shown


@pytest.mark.parametrize(
    ("stated", "expected"), [(["en"], "Loans"), (["zh"], "贷款"), (["en", "zh"], BOTH.format("Loans", "贷款"))]
)
def test_a_text_is_said_in_the_languages_of_the_workspace(stated, expected):
    assert rendered(stated, '{{ t("Loans", "贷款") }}') == expected
    assert rendered(stated, "{{ text | t }}", text=Text(en="Loans", zh="贷款")) == expected
    blocks = "{% filter en %}Loans{% endfilter %} {% filter zh %}贷款{% endfilter %}"
    assert rendered(stated, blocks).strip() == expected


@pytest.mark.parametrize("stated", [["en"], ["zh"], ["en", "zh"]])
def test_what_is_given_in_one_language_alone_is_said_as_it_is(stated):
    assert rendered(stated, '{{ t("KS", "") }}{{ t("", "元") }}{{ t("", "") }}') == "KS元"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(["en"], "a &lt; b"), (["zh"], "甲 &amp; 乙"), (["en", "zh"], BOTH.format("a &lt; b", "甲 &amp; 乙"))],
)
def test_values_are_escaped_and_elements_of_a_block_are_not(stated, expected):
    assert rendered(stated, "{{ t(en, zh) }}", en="a < b", zh="甲 & 乙") == expected
    assert rendered(["en"], "{% filter en %}<b>{{ value }}</b>{% endfilter %}", value="<i>") == "<b>&lt;i&gt;</b>"


def test_a_sentence_is_parted_from_what_a_statement_says_after_it():
    """Jinja takes the end of a line after a block, so that the next sentence would follow without a blank."""
    glued = re.compile(r"\{% endfilter %\}\n(?=\s*\{% (?!filter))")
    templates = [*ROOT.glob("[!.]*/**/templates/**/*.j2")]
    assert len(templates) > 10
    names = [path.name for path in templates if glued.search(path.read_text(encoding="utf-8"))]
    assert not names, f"{names}: end the block before a statement by {{% endfilter +%}}"
    assert rendered(["en"], "{% filter en %}One.{% endfilter +%}\n{% if 1 %}\nTwo.\n{% endif %}") == "One.\nTwo.\n"


def test_where_no_element_may_stand_texts_follow_each_other():
    title = '<p title="{{ plain(en, zh) }}">'
    assert rendered(["en", "zh"], title, en='"Loans"', zh="贷款") == '<p title="&#34;Loans&#34; 贷款">'
    assert rendered(["zh"], title, en="Loans", zh="贷款") == '<p title="贷款">'
