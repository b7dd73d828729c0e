"""Links of a damaged notice of withdrawal to the consents and persons that it may mean.

A damaged notice must never be without effect, so nothing here depends on a single value that may be damaged: consent
numbers and subjects' IDs are searched for in the whole text. The results are stored beside the sealed row in
quarantine: `linked_consents`; `linked_subjects`, which are keys and never ID numbers; and `linked_by`: `consent` if
exactly one number has the form of consent numbers, else `subject` if the text names one person, null if neither is
certain or several may be meant. `lake.consent` decides which consents they stop.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, StringType

from conf.schema.contract import Contract
from conf.schema.identifiers import is_resident_id
from conf.schema.table_roles import TableRole
from lake.column_functions import on_arrow
from lake.consent import A_NOTICE, BY_CONSENT, BY_SUBJECT, CONSENT_NO
from lake.sharing import A_SHARING, is_plain
from lake.vault import token_of
from lake.withdrawal_words import says_end, speaks_of_end

_BETWEEN_FIELDS = re.compile(r"[^0-9A-Z .\-]+")
_WORD, _NUMBERED = re.compile(r"[0-9A-Z]+"), re.compile(r"([A-Z]+)([0-9]+)")
_MOST_DIGITS, _LETTERS = 20, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# what may stand within a number: blanks, dashes, marks that nobody sees and the like, but nothing that parts fields
_BETWEEN = r'[^0-9A-Z,;|:"\[\]{}\r\n]'
_WITHIN = re.compile(_BETWEEN)
# each place is tried, for one number may run into the next
_ID = re.compile(rf"(?=([1-9](?:{_BETWEEN}{{0,2}}[0-9]){{16}}{_BETWEEN}{{0,2}}[0-9X]))")
_LIKE_X = str.maketrans("\u0425\u0445\u00d7\u2715", "XXXX")  # Cyrillic letters and signs of multiplication


@dataclass(frozen=True)
class Links:
    """The consents and persons that a text names.

    Attributes:
        consents: consent numbers that stand there as numbers are written, whatever the case and width of letters.
        guesses: others that may be meant: without zeros, with blanks, or run into something else.
        id_numbers: valid resident ID numbers.
    """

    consents: frozenset[str]
    guesses: frozenset[str]
    id_numbers: frozenset[str]

    @property
    def named(self) -> frozenset[str]:
        """All numbers, be they of consents or of persons."""
        return self.consents | self.guesses | self.id_numbers

    @property
    def is_several(self) -> bool:
        """Whether more than one consent or person may be meant, so that some may have been lost."""
        return len(self.consents | self.guesses) > 1 or len(self.id_numbers) > 1


def read(text: str, pattern: str | None) -> Links:
    """Find the consents and persons that a notice names.

    Args:
        text: a row as JSON, or a line that is no row.
        pattern: how consent numbers are written; without one no number is told from other text.
    """
    upper = unicodedata.normalize("NFKC", _values(text)).translate(_LIKE_X).upper()
    valid = frozenset(filter(is_resident_id, (_WITHIN.sub("", match[1]) for match in _ID.finditer(upper))))
    exact: set[str] = set()
    near: set[str] = set()
    if pattern:
        core = pattern.removeprefix("^").removesuffix("$")
        exact = {m[0] for m in re.finditer(rf"(?<![0-9A-Z])(?:{core})(?![0-9A-Z])", upper, re.IGNORECASE | re.ASCII)}
        # what is part of an ID number is no consent's, and must not be kept
        near = {n for n in _guessed(upper, core) if not any(n.lstrip(_LETTERS) in each for each in valid)} - exact
    return Links(frozenset(exact), frozenset(near), valid)


def plain(text: str) -> str:
    """A text as numbers are looked for in it: half-width, upper case, without what may stand between digits."""
    return _WITHIN.sub("", unicodedata.normalize("NFKC", text).translate(_LIKE_X).upper())


def linked(
    rows: DataFrame, text: Column, contract: Contract, pseudonym_key: bytes, sharing_texts: Mapping[str, str]
) -> DataFrame:
    """Add what rows for quarantine name: `linked_consents`, `linked_subjects` and `linked_by`; null if no notices.

    Of what came as a consent given, `linked_by` says `notice` where it may be one that ends a consent, and `shares`
    where its text plainly shares records with the household; no other ends nothing, see `lake.sharing`. It is linked to
    numbers of consents only where nothing tells its subject.

    Args:
        rows: with `subject_key`, null where nobody knows it.
        text: the row as JSON or as a line.
        contract: of the rows.
        sharing_texts: SHA-256 and version of the texts that share.
    """
    if contract.role is TableRole.CONSENT:
        return _of_grants(rows, text, contract, pseudonym_key, sharing_texts)
    if contract.role is not TableRole.WITHDRAWAL:
        nothing = dict.fromkeys(("linked_consents", "linked_subjects"), F.lit(None).cast("array<string>"))
        return rows.withColumns(nothing | {"linked_by": F.lit(None).cast("string")})
    pattern = number_pattern(contract)

    @on_arrow(ArrayType(StringType()))
    def links_of(texts: pa.Array) -> pa.Array:
        links = [None if t is None else _link_texts(read(t, pattern), pseudonym_key) for t in texts.to_pylist()]
        return pa.array(links, pa.list_(pa.string()))

    consents, subjects, sure = (F.col("_links")[place] for place in range(3))
    is_known = F.col("subject_key").isNotNull() | (subjects != "")
    return (
        rows.withColumn("_links", links_of(text))
        .withColumns({"linked_consents": _listed(consents), "linked_subjects": _listed(subjects)})
        .withColumn(
            "linked_by", F.when(sure == BY_CONSENT, BY_CONSENT).when((sure == "") & is_known, F.lit(BY_SUBJECT))
        )
        .drop("_links")
    )


def _of_grants(
    rows: DataFrame, text: Column, contract: Contract, pseudonym_key: bytes, sharing_texts: Mapping[str, str]
) -> DataFrame:
    shared = {contract.carries[CONSENT_NO], contract.subject and contract.subject.column, contract.published}
    pattern = number_pattern(contract)
    own = [name for name, column in contract.columns.items() if column.required and name not in shared]

    def of_row(row_text: str) -> list[str | None]:
        named = read(row_text, pattern)
        keys = sorted(_keys(named, pseudonym_key))
        consents = [] if keys else sorted(named.consents | named.guesses)
        row = row_of(row_text) or {}
        carried = {ours: row.get(theirs) for ours, theirs in contract.carries.items()}
        kind = A_SHARING if is_plain(carried, sharing_texts) else None
        kind = A_NOTICE if may_be_notice(row_text, own, contract.columns) else kind
        return [";".join(consents), ";".join(keys), kind]

    @on_arrow(ArrayType(StringType()))
    def links_of(texts: pa.Array) -> pa.Array:
        return pa.array([None if t is None else of_row(t) for t in texts.to_pylist()], pa.list_(pa.string()))

    consents, subjects, kind = (F.col("_links")[place] for place in range(3))
    linked_to = {
        "linked_consents": F.when(F.col("subject_key").isNull(), _listed(consents)),
        "linked_subjects": _listed(subjects),
        "linked_by": kind,
    }
    return rows.withColumn("_links", links_of(text)).withColumns(linked_to).drop("_links")


def number_pattern(contract: Contract) -> str | None:
    """How numbers of consents are written, by a contract of consents or of notices."""
    return contract.columns[contract.carries[CONSENT_NO]].pattern


def people(text: str, pseudonym_key: bytes) -> set[str]:
    """Keys of the subjects whose ID numbers a row or line holds, however they are written."""
    return _keys(read(text, None), pseudonym_key)


def _keys(named: Links, pseudonym_key: bytes) -> set[str]:
    return {token_of(number, pseudonym_key) for number in named.id_numbers}


def may_be_notice(text: str, own: Collection[str], declared: Collection[str]) -> bool:
    """Whether a row delivered as a consent may be a notice that ends one.

    Args:
        own: names of columns that only a consent has.
        declared: names of all columns of a consent; what stands under others may say that it has ended.
    """
    row = row_of(text)
    if row is None:
        return speaks_of_end(text)
    is_ended = any(says_end(name, value) for name, value in row.items() if name not in declared)
    return is_ended or not any(str(row[name] or "").strip() for name in own if name in row)


def row_of(text: str) -> dict[str, Any] | None:
    """The row that a line of JSON holds; None if the line isn't one."""
    try:
        row = json.loads(text)
    except ValueError:
        return None
    return cast("dict[str, Any]", row) if isinstance(row, dict) else None


def _link_texts(links: Links, pseudonym_key: bytes) -> list[str]:
    subjects = sorted(token_of(number, pseudonym_key) for number in links.id_numbers)
    sure = "several" if links.is_several else BY_CONSENT if links.consents else ""
    return [";".join(sorted(links.consents | links.guesses)), ";".join(subjects), sure]


def _listed(text: Column) -> Column:
    return F.when(text != "", F.split(text, ";"))


def _values(text: str) -> str:
    """The values of a row, and names of its columns that may be values; the whole line if it is no row."""
    row = row_of(text)
    if row is None:
        return text
    texts = [*row.values(), *(name for name in row if any(map(str.isdigit, name)))]
    return "\n".join(str(value) for value in texts if value is not None)


def _guessed(text: str, core: str) -> Iterator[str]:
    fields = [re.sub(r"[^0-9A-Z]", "", field) for field in _BETWEEN_FIELDS.split(text)]
    for piece in (text, *fields):
        yield from (match[1] for match in re.finditer(rf"(?=({core}))", piece, re.IGNORECASE | re.ASCII))
    for word in {*_WORD.findall(text), *fields}:
        if numbered := _NUMBERED.fullmatch(word):
            letters, digits = numbered.groups()
            filled = (letters + digits.zfill(width) for width in range(len(digits) + 1, _MOST_DIGITS))
            yield from (number for number in filled if re.fullmatch(core, number, re.IGNORECASE | re.ASCII))
