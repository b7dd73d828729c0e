"""What a page says, without what makes it up: for tests of its languages."""

import re
from html.parser import HTMLParser

CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_UNREAD = ("style", "script", "code")


class _PageTexts(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.texts, self._unread = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._unread += tag in _UNREAD
        self.texts += [text for name, text in attributes if name in ("title", "aria-label", "placeholder")]

    def handle_endtag(self, tag):
        self._unread -= tag in _UNREAD

    def handle_data(self, data):
        if not self._unread and data.strip():
            self.texts.append(" ".join(data.split()))


def texts_of(page: str) -> str:
    """The texts of a page, one per line, without its code, and with those of attributes that are read out."""
    return "\n".join(_PageTexts(page).texts)


def sentences(text: str) -> list[str]:
    """What of it is more English than a name: three words in a row."""
    return re.findall(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}", text)
