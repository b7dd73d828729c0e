"""Documents of the audit trail that people approve, or that approvals rest on: plain JSON, whose parts these name.

What counts is their canonical JSON (`conf.schema.hashing`), whose SHA-256 people approve: parts may be
added under a new `FORMAT` alone. Entries of the trail are checked by the same types (`lake.entry_details`).
"""

from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

FORMAT = 1  # of releases, of which this version knows the parts
_NEEDED_TAGS = ("passed", "gates", "data_as_of", "fingerprint")  # by lists of versions and comparisons


def _with_needed_tags(made: dict[str, str]) -> dict[str, str]:
    if absent := [tag for tag in _NEEDED_TAGS if tag not in made]:
        raise ValueError(f"a version needs the tags {', '.join(absent)} too")
    return made


class Bounds(TypedDict):
    """The bounds of a gate; None where it has none."""

    min: float | None
    max: float | None


class GateDocument(Bounds):
    """A gate that a version was held to, and its figure as text, to the last digit."""

    metric: str
    value: str
    passed: bool


class FitDocument(TypedDict):
    """A fit, as recorded in the trail before it is registered.

    Attributes:
        files: SHA-256 by name.
        figures: as text, to the last digit.
        red_findings: tests of its validation that were red; missing in fits from before validation existed.
        spec: of the model, see `declarations.stated`; earlier fits have only its SHA-256.
        made: tags of its version.
    """

    model: str
    fingerprint: str
    files: dict[str, str]
    figures: dict[str, str]
    gates: list[GateDocument]
    red_findings: NotRequired[list[str]]
    spec_sha256: str
    spec: NotRequired[dict[str, Any]]
    made: Annotated[dict[str, str], AfterValidator(_with_needed_tags)]


class ModelDocument(TypedDict):
    """The release of a version of a model.

    Attributes:
        run_id: of the registry's run.
        files, made, figures, gates: as recorded by its training, see `FitDocument`.
        trained_spec_sha256, spec_sha256: of the declaration at its training, and of the released one.
        spec: the released one, see `declarations.stated`; earlier documents have only its SHA-256.
        features_sha256, contracts_sha256: of each feature that it reads, and of each contract that these rest on.
        policy_sha256: of the policy at that time.
    """

    kind: str
    format: int
    model: str
    version: str
    run_id: str | None
    trainer: str
    files: dict[str, str]
    made: dict[str, str]
    figures: dict[str, str]
    gates: list[GateDocument]
    trained_spec_sha256: str
    spec_sha256: str
    spec: NotRequired[dict[str, Any]]
    features_sha256: dict[str, str]
    contracts_sha256: dict[str, str]
    policy_sha256: str


class PolicyDocument(TypedDict):
    """The policy's content, as `policy_in_use.stated` returns it."""

    kind: str
    format: int
    policy: dict[str, Any]


Document = ModelDocument | PolicyDocument
