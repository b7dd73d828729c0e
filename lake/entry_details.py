"""The details that an entry of the audit trail must have, by its action, so that its readers find what they need.

Entries are checked by these types and written as they have it; a part that they don't name is anybody's.
"""

from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from conf.schema import audit_actions, gold, people
from conf.schema.people import Person
from lake.release_documents import FORMAT, FitDocument, ModelDocument, PolicyDocument


def _sealed(table: str) -> str:
    if table not in gold.NAMED_BY and not table.startswith("silver_"):
        raise ValueError("the rows of this table aren't sealed")
    return table


class SealScope(TypedDict, total=False):
    """The scope of seals, where it is more than the rows alone.

    Attributes:
        at_version: the table's before rows are appended: a later seal at the same one says that these never were.
        batch: they stand for a whole batch, in place of what was sealed of it.
        is_all: they stand for the whole table.
    """

    at_version: int
    batch: str
    is_all: bool


class Seal(SealScope):
    """What an entry holds of the seals of a table (`lake.seals`): the name that they are kept by, number and hash."""

    seal: str
    table: Annotated[str, AfterValidator(_sealed)]
    rows: int
    sha256: str


class _Details(TypedDict):
    """Details that any entry may have."""

    seals: NotRequired[list[Seal]]


class _Fit(FitDocument, _Details):
    pass


class _OfVersion(_Details):
    model: str
    version: Annotated[str, Field(pattern=r"^[0-9]{1,9}$")]


class _Trained(_OfVersion):
    fit: NotRequired[int | None]


def _of_known_format(document: type[ModelDocument] | type[PolicyDocument]) -> AfterValidator:
    """Check that a release is such a document, if its format is the one known here."""
    known = TypeAdapter[Any](document)

    def check(release: dict[str, Any]) -> dict[str, Any]:
        return known.validate_python(release, strict=True) if release.get("format") == FORMAT else release

    return AfterValidator(check)


class _Approval(_OfVersion):
    # entries from before this detail existed have none
    release: NotRequired[Annotated[dict[str, Any], _of_known_format(ModelDocument)] | None]
    release_sha256: NotRequired[str | None]


def _with_sha256(approval: _Approval) -> _Approval:
    if approval.get("release") and approval.get("release_sha256") is None:
        raise ValueError("a release has its release_sha256 beside it")
    return approval


class _PolicyApproval(_Details):
    release: Annotated[dict[str, Any], _of_known_format(PolicyDocument)]
    release_sha256: str


class _Redacted(_Details):
    files: dict[str, str]


class _InUse(_Details):
    sha256: str
    policy: dict[str, Any] | None


class _BuiltTable(TypedDict):
    version: int
    digest: str


class _Built(_Details):
    tables: dict[str, _BuiltTable]
    declared: NotRequired[dict[str, dict[str, str]] | None]
    declared_in: NotRequired[int | None]  # the number of the entry that declares it


def _declared(built: _Built) -> _Built:
    if (built.get("declared") is None) == (built.get("declared_in") is None):
        raise ValueError("either declared or declared_in is to be said")
    return built


class _OfSource(_Details):
    source: str


@with_config(ConfigDict(extra="forbid"))
class _Mark(TypedDict):
    number: int
    link: str
    is_real: NotRequired[bool]


class _Accepted(_Details):
    found: NotRequired[list[str]]
    gone: NotRequired[list[_Mark]]
    unread: NotRequired[list[str]]
    set_aside: NotRequired[list[int]]


def _are_people(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    people.listed(Person.model_validate(each) for each in listed)
    return listed


class _People(_Details):
    people: Annotated[list[dict[str, Any]], Field(min_length=1), AfterValidator(_are_people)]


ANY: TypeAdapter[Any] = TypeAdapter(_Details)
BY_ACTION: dict[str, TypeAdapter[Any]] = {
    "fit": TypeAdapter(_Fit),
    "train": TypeAdapter(_Trained),
    "approve": TypeAdapter(Annotated[_Approval, AfterValidator(_with_sha256)]),
    "approve policy": TypeAdapter(_PolicyApproval),
    **dict.fromkeys(("retire", "reject", "send back", "refuse answer"), TypeAdapter(_OfVersion)),
    "redact": TypeAdapter(_Redacted),
    "policy in use": TypeAdapter(_InUse),
    "build features": TypeAdapter(Annotated[_Built, AfterValidator(_declared)]),
    **dict.fromkeys(("exit", "partner-suspend", "partner-resume"), TypeAdapter(_OfSource)),
    **dict.fromkeys(audit_actions.ACCEPTING, TypeAdapter(_Accepted)),
    audit_actions.RELEASE_PEOPLE: TypeAdapter(_People),
}
