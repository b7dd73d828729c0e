"""Looks for thousands of values at once in every file of a folder, by the words that `lake.file_search` reads there."""

import re
from collections.abc import Set
from pathlib import Path

from lake.file_search import Traces, search, texts

# A value is found where it stands as a word, as a run of digits within one, or anywhere within Chinese text.
_WORD = re.compile(rb"[0-9A-Za-z]{6,}")
_DIGITS = re.compile(rb"[0-9]{6,}[Xx]?")
_CHINESE = re.compile("[0-9A-Za-z\u00b7]*[\u4e00-\u9fff][0-9A-Za-z\u00b7\u4e00-\u9fff]*")


def holding(folder: Path, values: list[str]) -> tuple[str, ...]:
    """Files of a folder that hold one of a few values, by the search that proves an erasure."""
    return search(folder, [Traces(".", tuple(values))]).holding


def occurrences(folder: Path, values: Set[str]) -> dict[Path, int]:
    """Files in which some of the values stand, with how many of them; never which.

    Args:
        folder: searched with all its subfolders.
        values: words of six or more ASCII letters and digits, or Chinese ones with or without such in them.
    """
    words = {value.encode() for value in values if value.isascii()}
    names = {value for value in values if not value.isascii()}
    lengths = {len(name) for name in names}
    counts = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        seen: set[str | bytes] = set()
        for text in texts(path):
            seen |= words.intersection(_WORD.findall(text)) | words.intersection(_DIGITS.findall(text))
            seen |= names & _grams(text, lengths)
        if seen:
            counts[path] = len(seen)
    return counts


def _grams(text: bytes, lengths: Set[int]) -> set[str]:
    """All stretches of those lengths within runs of Chinese characters."""
    if not lengths or text.isascii():
        return set()
    runs = set(_CHINESE.findall(text.decode(errors="ignore")))
    return {run[i : i + n] for run in runs for n in lengths for i in range(len(run) - n + 1)}
