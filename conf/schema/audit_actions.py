"""Acts: their names in the audit trail, and the offices (`conf.schema.people`) that may do them.

An act is done by a person and signed. An event that a job records itself isn't signed. Both kinds are listed here, so
that each new event has to be one or the other.
"""

from conf.schema.people import Office

_REVIEWER = frozenset({Office.REVIEWER})
_ENGINEER = frozenset({Office.ENGINEER})
_ROWS = frozenset({Office.ENGINEER, Office.PRIVACY_OFFICER})
_PARTNER = frozenset({Office.ACCOUNT_MANAGER, Office.ENGINEER, Office.PRIVACY_OFFICER})
_ERASURE = frozenset({Office.PRIVACY_OFFICER, Office.SERVICE})
_TRAINER = frozenset({Office.MODELER, Office.ENGINEER, Office.SERVICE})
_LOOK = frozenset(Office)  # conf/roles.yaml says which values they see
RELEASE_PEOPLE = "people release"

OWNERS: dict[str, frozenset[Office]] = {
    RELEASE_PEOPLE: frozenset({Office.AUDITOR, Office.PRIVACY_OFFICER}),
    "fit": _TRAINER,
    "train": _TRAINER,
    "approve": _REVIEWER,
    "approve policy": _REVIEWER,
    "reject": _REVIEWER,
    "send back": _REVIEWER,
    "retire": _REVIEWER,
    "stop decisions": frozenset({Office.REVIEWER, Office.AUDITOR, Office.PRIVACY_OFFICER, Office.ENGINEER}),
    "resume decisions": frozenset({Office.REVIEWER, Office.AUDITOR, Office.PRIVACY_OFFICER}),
    "partner-suspend": _PARTNER,
    "partner-resume": _PARTNER,
    "quarantine release": _ROWS,
    "quarantine drop": _ROWS,
    "batches retry": _ROWS,
    "batches accept": _ROWS,
    "batches drop": _ROWS,
    "contract migrate": _ENGINEER,
    "contract migrated": _ENGINEER,
    "erase begin": _ERASURE,
    "redact": _ERASURE,
    "erase fail": _ERASURE,
    "erase": _ERASURE,
    "exit": frozenset({Office.PRIVACY_OFFICER}),
    "hand over": frozenset({Office.PRIVACY_OFFICER, Office.ENGINEER, Office.AUDITOR}),
    "accept trail": frozenset({Office.AUDITOR}),
    "accept state": _ENGINEER,
    "backup": frozenset({Office.ENGINEER, Office.SERVICE}),
    "restore": _ENGINEER,
    "vault rotate": _ROWS,
    "vault rotated": _ROWS,
    "subject show": _LOOK,
    "quarantine show": _LOOK,
    "consent show": _LOOK,
    "consent check": _LOOK,
    "replay": _LOOK,
    "decisions show": _LOOK,
    "decisions list": _LOOK,
    "dataset export": frozenset({Office.MODELER, Office.REVIEWER}),
}
"""Act → who may do it."""

TAKES = {"partner-suspend": 2, "partner-resume": 2, "resume decisions": 2}
"""Acts that take several people, and how many."""

ACCEPTING = frozenset({"accept trail", "restore"})
"""Acts that may let what is left of a trail count."""

BY_OPERATOR = frozenset(
    {"fit", "train", "restore", "vault rotate", "vault rotated"}
    | {"subject show", "quarantine show", "consent show", "consent check", "replay"}
    | {"decisions show", "decisions list"}
    | {"dataset export"}
)
"""Acts of the operator of the settings, whose name nobody types: signed from the moment that there are people."""

FOR_OTHERS = frozenset({"fit", "train", "approve", "reject", "send back"})
"""Acts that a service may sign for a person: Airflow, for whoever triggered a run or answered its question."""

OF_JOBS = frozenset({"take in", "build features", "decide", "policy in use", "take over trail", "refuse answer"})
"""What jobs note of themselves."""
