"""What the details of an entry have to say, by its action, so that whoever reads the trail finds what they look for.

An entry that lacks it isn't written. One that came there all the same, by another client, is set aside: it counts for
nothing, `fieldstone audit verify` names it, and it stops nobody else.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from conf.schema import acts, gold, people
from conf.schema.people import Person
from conf.schema.person_names import one_form
from lake.entries import Entry

SET_ASIDE = "set aside: "
"""Before the action of an entry that counts for nothing."""

_FORMAT = 1  # of releases, whose form is known here


class _Form(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


def _sealed(table: str) -> str:
    if table not in gold.NAMED_BY and not table.startswith("silver_"):
        raise ValueError("the rows of this table aren't sealed")
    return table


class _Seal(_Form):
    seal: str
    table: Annotated[str, AfterValidator(_sealed)]
    rows: int
    sha256: str
    at_version: int | None = None
    batch: str | None = None
    is_all: bool = False


class Details(_Form):
    """What any entry may say."""

    seals: list[_Seal] = []


class _OfVersion(Details):
    model: str
    version: str = Field(pattern=r"^[0-9]{1,9}$")


class _Gate(_Form):
    metric: str
    min: float | None
    max: float | None
    value: str
    passed: bool


class _Release(_Form):
    model: str
    version: str
    files: dict[str, str]
    made: dict[str, Any]
    figures: dict[str, str]
    gates: list[_Gate]
    trained_spec_sha256: str
    spec_sha256: str
    features_sha256: dict[str, str]
    contracts_sha256: dict[str, str]
    policy_sha256: str


class _PolicyRelease(_Form):
    policy: dict[str, Any]


class _Approval(_OfVersion):
    release: dict[str, Any] | None = None  # those of before there were any have none
    release_sha256: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "_Approval":
        if self.release and self.release.get("format") == _FORMAT:
            _Release.model_validate(self.release)
        if self.release and self.release_sha256 is None:
            raise ValueError("a release has its release_sha256 beside it")
        return self


class _PolicyApproval(Details):
    release: dict[str, Any]
    release_sha256: str

    @model_validator(mode="after")
    def _is_whole(self) -> "_PolicyApproval":
        if self.release.get("format") == _FORMAT:
            _PolicyRelease.model_validate(self.release)
        return self


class _Trained(_OfVersion):
    fit: int | None = None


class _Made(_Form):
    """Tags of a version, of which lists of versions and comparisons need some."""

    passed: str
    gates: str
    data_as_of: str
    fingerprint: str


class _Fit(Details):
    model: str
    fingerprint: str
    files: dict[str, str]
    figures: dict[str, str]
    gates: list[_Gate]
    spec_sha256: str
    made: _Made


class _Redacted(Details):
    files: dict[str, str]


class _InUse(Details):
    sha256: str
    policy: dict[str, Any] | None


class _BuiltTable(_Form):
    version: int
    digest: str


class _Built(Details):
    tables: dict[str, _BuiltTable]
    declared: dict[str, dict[str, str]] | None = None
    declared_in: int | None = None  # the number of the entry that says it

    @model_validator(mode="after")
    def _are_declared(self) -> "_Built":
        if (self.declared is None) == (self.declared_in is None):
            raise ValueError("either declared or declared_in is to be said")
        return self


class _OfSource(Details):
    source: str


class _Mark(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    number: int
    link: str
    is_real: bool = False


class _Accepted(Details):
    found: list[str] = []
    gone: list[_Mark] = []
    unread: list[str] = []
    set_aside: list[int] = []


class _People(Details):
    people: list[dict[str, Any]] = Field(min_length=1)

    @model_validator(mode="after")
    def _are_people(self) -> "_People":
        people.listed(Person.model_validate(each) for each in self.people)
        return self


_FORMS: dict[str, type[Details]] = {
    "fit": _Fit,
    "train": _Trained,
    "approve": _Approval,
    "approve policy": _PolicyApproval,
    **dict.fromkeys(("retire", "reject", "send back", "refuse answer"), _OfVersion),
    "redact": _Redacted,
    "policy in use": _InUse,
    "build features": _Built,
    **dict.fromkeys(("exit", "partner-suspend", "partner-resume"), _OfSource),
    **dict.fromkeys(acts.ACCEPTING, _Accepted),
    acts.RELEASE_PEOPLE: _People,
}


def lacking(entry: Entry) -> str | None:
    """What an entry lacks to count as what it says that it is, in words that tell no value; None if nothing."""
    names = {one_form(name) for name in entry.actor.split(", ")}
    if len(names) < (needed := acts.TAKES.get(entry.action, 1)):
        return f"it takes {needed} people"
    try:
        details = json.loads(entry.details)
        _FORMS.get(entry.action, Details).model_validate(details)
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False)
        return "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'details'}: {each['msg'].lower()}" for each in errors[:5]
        )
    except (ValueError, RecursionError):
        return "details: they are no JSON"
    return None


def counting(entries: Iterable[Entry]) -> list[Entry]:
    """Entries for whoever rests on them: those that lack something say nothing, under an action nobody looks for."""
    return [
        replace(entry, action=f"{SET_ASIDE}{entry.action}", details="{}") if lacking(entry) else entry
        for entry in entries
    ]


def set_aside(entries: Iterable[Entry]) -> dict[int, str]:
    """What entries lack that count for nothing, in words, by number; without those that somebody has accepted so."""
    texts: dict[int, str] = {}
    accepted: set[int] = set()
    for entry in entries:
        if why := lacking(entry):
            texts[entry.number] = f"entry {entry.number} ({entry.action} by {entry.actor}) counts for nothing: {why}"
        elif entry.action in acts.ACCEPTING:
            accepted |= {*json.loads(entry.details).get("set_aside", ())}
    return {number: text for number, text in texts.items() if number not in accepted}
