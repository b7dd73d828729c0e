"""What `make site` does beyond mkdocs.yml: it puts in what is made from the code, and keeps links as GitHub has them.

A comment such as `<!-- made: commands -->` in a page stands for what is made.
"""

import re

import commands
import drawing
import validation_table
from pymdownx.slugs import slugify

MADE = re.compile(r"<!-- made: (\w+) -->")
MAKERS = {
    "commands": lambda _: commands.reference(),
    "rooms": lambda _: drawing.rooms(),
    "flow": drawing.flow,
    "validation": validation_table.table,
}
CHINESE = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
BREAK = re.compile(rf"(^```.*?^```$)|(?<={CHINESE})\n[ ]*(?={CHINESE})", re.MULTILINE | re.DOTALL)  # but in a file
LINK = re.compile(r"[^\n\[]*\[[^]]*\]\((?:\./)?([\w-]+?)(?:\.zh)?\.md\)\.?")


def on_config(config):
    """Give headings the anchors that GitHub gives them, Chinese ones too, so that links hold in both places."""
    config["mdx_configs"].setdefault("toc", {})["slugify"] = slugify(case="lower")
    return config


def on_page_markdown(markdown, page, **_):
    """Put in what is made; drop a link to the page's translation, for the site has a switch of languages.

    Chinese has no blanks between words, so a line that is broken within a sentence leaves none.
    """
    uri = page.file.src_uri
    language = "zh" if uri.endswith(".zh.md") else "en"
    markdown = MADE.sub(lambda made: MAKERS[made.group(1)](language), markdown)
    markdown = _without_translation(markdown, uri.rpartition("/")[2].split(".")[0])
    return BREAK.sub(lambda broken: broken.group(1) or "", markdown)


def _without_translation(markdown: str, stem: str) -> str:
    """The page without the line below its title, if all it says is where the same page is in another language."""
    title, _, rest = markdown.partition("\n\n")
    line, _, body = rest.partition("\n\n")
    link = LINK.fullmatch(line)
    return f"{title}\n\n{body}" if link and link.group(1) == stem else markdown
