"""What a page says, without what makes it up: for tests of its languages."""

import re
from html.parser import HTMLParser

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_UNSAID = ("style", "script", "code")


class _Said(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.texts, self._unsaid = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._unsaid += tag in _UNSAID
        self.texts += [text for name, text in attributes if name in ("title", "aria-label", "placeholder")]

    def handle_endtag(self, tag):
        self._unsaid -= tag in _UNSAID

    def handle_data(self, data):
        if not self._unsaid and data.strip():
            self.texts.append(" ".join(data.split()))


def said_in(page: str) -> str:
    """The texts of a page, one per line, without its code, and with those of attributes that are read out."""
    return "\n".join(_Said(page).texts)


def sentences(said: str) -> list[str]:
    """What of it is more English than a name: three words in a row."""
    return re.findall(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}", said)
