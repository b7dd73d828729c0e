"""Consent texts: each is a Markdown file that subjects were shown, and a YAML beside it that declares its content.

Nobody has agreed to anything that the text doesn't say, so a consent that goes beyond its text isn't valid.
"""

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from conf.schema import yaml_reader
from conf.schema.clock import local_sql
from conf.schema.contract import Contract, Purpose, Rule
from conf.schema.declaration import Declaration, is_mapping
from conf.schema.errors import ContractError
from conf.schema.hashing import file_sha256
from conf.schema.quarantine_reasons import ReasonCode


class ConsentText(Declaration):
    """The declared content of a text.

    Attributes:
        version: the file's name, which a consent names as `text_version`.
        sha256: SHA-256 of the text's bytes.
        from_date: the first day on which it was shown, in the workspace's zone.
        until_date: the last day on which it was shown; None while it is still shown. A consent that was given before
            stays valid until it expires.
        scopes: the data that the text covers.
        purposes: the uses that the text allows.
        shares_with_household: whether the text allows the subject's records to serve applications of other members of
            the household. The text that a person signed last decides: if it doesn't allow this, it ends the sharing by
            earlier consents, which stay valid for the person's own applications.
    """

    version: str = Field(pattern=r"^[\w.-]+$")
    sha256: str
    from_date: date
    until_date: date | None = None
    scopes: tuple[Annotated[str, Field(pattern=r"^[a-z_.]+$")], ...] = Field(min_length=1)
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    shares_with_household: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until_date and self.until_date < self.from_date:
            raise ValueError("until_date lies before from_date; a text must be in force for at least one day")
        return self


def read(folder: Path) -> dict[str, ConsentText]:
    """The texts of a folder by SHA-256, oldest first.

    Raises:
        ContractError: a text without a declaration or the other way round, two texts with the same words, or a
            declaration that is not valid.
    """
    texts, declared = ({path.stem: path for path in folder.glob(f"*.{end}")} for end in ("md", "yaml"))
    if alone := sorted(texts.keys() ^ declared.keys()):
        raise ContractError(
            f"consent_texts: {', '.join(alone)} has only a text or only a declaration; a version needs both: "
            f"{alone[0]}.md with the text and {alone[0]}.yaml with what it declares"
        )
    versions = [_text(texts[version], declared[version]) for version in sorted(texts)]
    if len({text.sha256 for text in versions}) < len(versions):
        raise ContractError(
            "consent_texts: two versions have the same text, so their hashes are equal; keep one of them"
        )
    return {text.sha256: text for text in sorted(versions, key=lambda text: (text.from_date, text.version))}


def bound_by_texts(contract: Contract, texts: Collection[ConsentText], zone: str) -> Contract:
    """The contract with rules that no consent goes beyond its text; a contract without consent texts is unchanged.

    Args:
        contract: with `values_from: consent_texts` it needs `text_version`, `granted_at`, `scopes` and `purposes`, or
            the columns that `conf/tables.yaml` names for them.
        texts: all texts of the workspace.
        zone: time zone of the days on which a text is in force.

    Raises:
        ContractError: the contract names consent texts, and lacks a column that they bind.
    """
    named = [name for name, column in contract.columns.items() if column.values_from == "consent_texts"]
    if not named or not texts:
        return contract
    ours = {what: contract.carries.get(what, what) for what in ("text_version", "granted_at", "scopes", "purposes")}
    if absent := sorted({*ours.values()} - contract.stored.keys()):
        raise ContractError(f"contract {contract.table} names consent texts, so it needs {', '.join(absent)} as well")
    return contract.model_copy(update={"rules": (*contract.rules, *_rules(named[0], ours, texts, zone))})


def _rules(sha256: str, ours: dict[str, str], texts: Collection[ConsentText], zone: str) -> list[Rule]:
    def any_text(condition: Callable[[ConsentText], str]) -> str:
        return " OR ".join(f"({sha256} = '{text.sha256}' AND {condition(text)})" for text in texts)

    day = f"CAST({local_sql(ours['granted_at'], zone)} AS DATE)"
    return [
        Rule(
            name="text_is_the_one_named", reason=ReasonCode.OTHER_CONSENT_TEXT,
            expr=any_text(lambda text: f"{ours['text_version']} = '{text.version}'"),
            en="The hash is that of the version that is named", zh="授权书哈希与版本一致",
        ),
        Rule(
            name="text_was_in_force", reason=ReasonCode.CONSENT_TEXT_NOT_IN_FORCE,
            expr=any_text(lambda text: f"{day} BETWEEN DATE'{text.from_date}' AND DATE'{text.until_date or date.max}'"),
            en="The text was in force when consent was given", zh="授权时授权书有效",
        ),
        Rule(
            name="scopes_are_in_the_text", reason=ReasonCode.BEYOND_CONSENT_TEXT,
            expr=any_text(lambda text: f"{ours['scopes']} RLIKE '{_words(text.scopes)}'"),
            en="The text speaks of all scopes", zh="授权书涵盖全部授权范围",
        ),
        Rule(
            name="purposes_are_in_the_text", reason=ReasonCode.BEYOND_CONSENT_TEXT,
            expr=any_text(lambda text: f"{ours['purposes']} RLIKE '{_words(text.purposes)}'"),
            en="The text speaks of all purposes", zh="授权书涵盖全部授权用途",
        ),
    ]  # fmt: skip


def _words(allowed: Collection[str]) -> str:
    """A pattern of lists of words; it has no backslash, because the engines read one in a literal differently."""
    word = f"({'|'.join(name.replace('.', '[.]') for name in allowed)})"
    return f"^{word}(;{word})*$"


def _text(words: Path, declaration: Path) -> ConsentText:
    what = f"consent text {declaration.name} is"
    stated = yaml_reader.parsed(declaration, what)
    known = {"version": words.stem, "sha256": file_sha256(words)}
    if is_mapping(stated) and (foreign := sorted(known.keys() & stated.keys())):
        raise ContractError(f"{what} not valid: {', '.join(foreign)} comes from the text itself; take it out")
    return yaml_reader.checked(ConsentText, stated | known if is_mapping(stated) else stated, what)
