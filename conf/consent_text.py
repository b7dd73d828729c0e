"""Consent texts: each is a Markdown file that subjects were shown, and a YAML beside it that declares what it says.

What a text doesn't say, nobody has agreed to: a consent that goes beyond its text is no consent.
"""

import hashlib
from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from conf import reading
from conf.contract import Purpose
from conf.errors import FieldstoneError


class ConsentText(BaseModel):
    """What a text says.

    Attributes:
        version: the file's name, which a consent names as `text_version`.
        sha256: of the text's bytes.
        from_date: the first day on which it was shown, in the workspace's zone.
        until_date: the last day on which it was shown; None while it still is. A consent that was given before holds
            until it expires.
        scopes: the data that it speaks of.
        purposes: the uses that it speaks of.
        shares_with_household: it says that the subject's records may serve applications of members of the same
            household.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: str
    sha256: str
    from_date: date
    until_date: date | None = None
    scopes: tuple[str, ...] = Field(min_length=1)
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    shares_with_household: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_date and self.until_date < self.from_date:
            raise ValueError("until_date lies before from_date; a text is in force for a day at least")
        return self


def read(folder: Path) -> dict[str, ConsentText]:
    """The texts of a folder by SHA-256, oldest first.

    Raises:
        FieldstoneError: a text without a declaration or the other way round, two texts with the same words, or a
            declaration that is not valid.
    """
    texts, declared = ({path.stem: path for path in folder.glob(f"*.{end}")} for end in ("md", "yaml"))
    if alone := sorted(texts.keys() ^ declared.keys()):
        raise FieldstoneError(
            f"consent_texts: {', '.join(alone)} has a text or a declaration alone; a version needs both, "
            f"{alone[0]}.md with its words and {alone[0]}.yaml with what they say"
        )
    found = [_text(texts[version], declared[version]) for version in sorted(texts)]
    if len({text.sha256 for text in found}) < len(found):
        raise FieldstoneError("consent_texts: two versions have the same words, so a hash doesn't tell them apart")
    return {text.sha256: text for text in sorted(found, key=lambda text: (text.from_date, text.version))}


def _text(words: Path, declaration: Path) -> ConsentText:
    what = f"consent text {declaration.name} is"
    stated = reading.parsed(declaration, what)
    known = {"version": words.stem, "sha256": hashlib.sha256(words.read_bytes()).hexdigest()}
    if isinstance(stated, dict) and (foreign := sorted(known.keys() & stated.keys())):
        raise FieldstoneError(f"{what} not valid: {', '.join(foreign)} comes from the text itself; take it out")
    return reading.checked(ConsentText, stated | known if isinstance(stated, dict) else stated, what)
