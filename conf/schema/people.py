"""People: who may act, in which roles, and with which key; `conf/people.yaml` of the workspace.

Identities are compared, not strings: ids that differ only in case, width, blanks, dots, quotes or hyphens are the same,
and no id, login or key may belong to two people.
"""

import unicodedata
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Collection, Container, Iterable
from datetime import date
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from conf.schema import yaml_reader
from conf.schema.declaration import Declaration, is_mapping
from conf.schema.errors import FieldstoneError, Forbidden
from conf.schema.person_names import a_name, distinguishing_form, one_form
from conf.schema.settings import Settings

FILE = "people.yaml"
KEY_BYTES = 32
_MARKS = " .-_'’·@"
# scripts that may be mixed in a name, by the first word of Unicode's letter names; others have look-alike letters
_TOGETHER = {*("LATIN", "CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO")}


class Office(StrEnum):
    """A person's office in the bank, which decides the acts that they may do (`conf.schema.audit_actions`)."""

    MODELER = "modeler"
    REVIEWER = "reviewer"
    ENGINEER = "engineer"
    PRIVACY_OFFICER = "privacy_officer"
    AUDITOR = "auditor"
    ACCOUNT_MANAGER = "account_manager"
    SERVICE = "service"


def _identity(text: str) -> str:
    try:
        name = one_form(a_name(text))
    except FieldstoneError as error:
        raise ValueError(str(error)) from None
    if odd := {c for c in name if not c.isalnum() and c not in _MARKS and not unicodedata.combining(c)}:
        raise ValueError(f"{text!r} isn't a person's name: leave out {' '.join(sorted(odd))}")
    scripts = {unicodedata.name(c, "").split(" ")[0] for c in name if c.isalpha()} - {"MODIFIER"}
    if len(scripts) > 1 and not scripts <= _TOGETHER:
        mixed = " and ".join(sorted(scripts, key=lambda script: (script != "LATIN", script)))
        raise ValueError(f"{text!r} mixes letters of {mixed} that look alike; write it in one script")
    if phonetic := [c for c in name if "SMALL CAPITAL" in unicodedata.name(c, "")]:
        raise ValueError(f"{text!r} has signs of phonetics that look like letters: write {' '.join(phonetic)} as such")
    return name


# Points of Ed25519 of order 1, 2, 4 and 8, in every encoding except for the sign bit. Signatures that verify with these
# can be made without a private key.
_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


def _public_key(text: str) -> str:
    """A key in canonical Base64; the last character has unused bits, so one key could have several texts."""
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("isn't a public key: it must be 32 bytes in Base64, as fieldstone people enrol prints it")
    if key[:-1] + bytes([key[-1] & 0x7F]) in _SMALL_ORDER:
        raise ValueError("is a weak key, with which anybody could sign; enrol a new one: fieldstone people enrol")
    return b64encode(key).decode()


Identity = Annotated[str, AfterValidator(_identity)]


class Person(Declaration):
    """A person who may act.

    Attributes:
        id: the person's key in the YAML, in its one form.
        name: name as people write it.
        roles: offices of the person.
        logins: names of the person in other systems, such as Airflow.
        key: Ed25519 public key, Base64; without one the person can't sign.
        since, until: first and last day on which the person's signatures count (`from` in the YAML), UTC.
    """

    id: Identity
    name: str
    roles: tuple[Office, ...] = Field(min_length=1)
    logins: tuple[Identity, ...] = ()
    key: Annotated[str, AfterValidator(_public_key)] | None = None
    since: date = Field(alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.until and self.until < self.since:
            raise ValueError(f"until {self.until} is before from {self.since}")
        if Office.SERVICE in self.roles and len(self.roles) > 1:
            raise ValueError(
                "an entry with the role service can't have other roles; make a separate entry for the service"
            )
        return self

    @property
    def key_id(self) -> str | None:
        """Identifier of the key: the first characters of its SHA-256."""
        return key_id(b64decode(self.key)) if self.key else None

    @property
    def forms(self) -> set[str]:
        """Distinguishing forms of the person's id and logins, by which people are told apart."""
        return {distinguishing_form(name) for name in (self.id, *self.logins)}

    def is_current(self, day: date) -> bool:
        """Whether the person may act on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def stated(self) -> dict[str, Any]:
        """The declaration as JSON, with the names of the YAML."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class People(Declaration):
    """Everybody who may act in a workspace, by id."""

    people: dict[str, Person] = Field(default={})

    @model_validator(mode="before")
    @classmethod
    def _named(cls, stated: Any) -> Any:
        if stated is None or stated == {"people": None}:  # an empty file, or one with only `people:`
            return {}
        if is_mapping(stated) and is_mapping(people := stated.get("people")):
            named = {name: {"id": name, "name": name} | person for name, person in people.items() if is_mapping(person)}
            return stated | {"people": people | named}
        return stated

    @model_validator(mode="after")
    def _are_different(self) -> Self:
        names = [(distinguishing_form(name), name) for p in self.people.values() for name in {p.id, *p.logins}]
        forms = Counter(form for person in self.people.values() for form in person.forms)
        if twice := sorted({name for form, name in names if forms[form] > 1}):
            raise ValueError(
                f"{', '.join(twice)} are names of more than one person; each is one person's, id or login, whatever "
                "the dots, blanks, quotes and hyphens in it"
            )
        keys = Counter(person.key for person in self.people.values() if person.key)
        if shared := sorted(p.id for p in self.people.values() if p.key and keys[p.key] > 1):
            raise ValueError(f"{', '.join(shared)} have the same key; each person needs their own key")
        return self

    def find(self, name: str) -> Person | None:
        """The person with an id or a login, in any spelling of it; None if there is none."""
        known = one_form(name)
        return next((p for p in self.people.values() if known in (p.id, *p.logins)), None)

    def like(self, name: str) -> Person | None:
        """The person whose id or login looks like a name, even if the name isn't theirs; None if there is none."""
        known = distinguishing_form(name)
        return self.find(name) or next((p for p in self.people.values() if known in p.forms), None)

    def identity(self, name: str) -> str:
        """The identity behind a name: the id of a declared person, else the distinguishing form of the name."""
        person = self.like(name)
        return person.id if person else distinguishing_form(name)

    def is_same(self, name: str, other: str) -> bool:
        """Whether two names are one identity."""
        return self.identity(name) == self.identity(other)

    def two(self, names: Collection[str], what: str) -> list[str]:
        """Names of the people who decide on a matter that needs two, each once.

        Raises:
            Forbidden: all names are one person's.
        """
        if len({self.identity(name) for name in names}) < 2:
            raise Forbidden(
                f"{what} was approved by {', '.join(sorted(set(names)))} alone; "
                "it takes two different people: give --approver twice"
            )
        return sorted(set(names))

    def current(self, day: date) -> list[Person]:
        """The people who may act on a day."""
        return [person for person in self.people.values() if person.is_current(day)]

    def signing(self, offices: Container[Office], day: date) -> list[Person]:
        """The people with a key and one of the offices who may act on a day."""
        return [p for p in self.current(day) if p.key and any(role in offices for role in p.roles)]


NOBODY = People()


def key_id(public_key: bytes) -> str:
    """Identifier of a public key: the first characters of its SHA-256."""
    return sha256(public_key).hexdigest()[:16]


def read(path: Path) -> People:
    """Read the people; without a file there are none.

    Raises:
        ContractError: the file is not valid, or two of its people are one.
    """
    return yaml_reader.read(People, path, f"people {path.name} are") if path.exists() else NOBODY


def place(conf: Path, settings: Settings) -> Path:
    """The file of a workspace's people: the one in the settings, else that in `conf`, else the sandbox's own."""
    stated, made = conf / FILE, settings.sandbox_people / FILE
    return settings.people or (made if made.exists() and not stated.exists() else stated)


def listed(people: Iterable[Person]) -> People:
    """`People` made from a list of persons."""
    return People.model_validate({"people": {person.id: person.stated() for person in people}})
