"""Names of the tables that the platform itself writes; names of sources' tables follow from their contracts.

For vault and audit, this module also declares what an erasure deletes, and what is sealed. Gold is declared in
`conf.schema.gold`.
"""

from dataclasses import dataclass

# vault: sealed values, and the keys that open them
KEYS = "vault__keys"
OWN_KEYS = "vault__own_keys"
PSEUDONYM = "vault__pseudonym"
IDENTITIES = "vault__identities"
FILE_NAMES = "vault__names"

# audit: what was done, facts on batches and partners, and the subjects that partners were asked for
ALERTS = "audit__alerts"
REQUEST_LOG = "audit__asked"
BATCHES = "audit__batches"
CLOSED = "audit__closed"
CONTRACTS = "audit__contracts"
DECISION_INPUTS = "audit__decision_inputs"
DECISION_RUNS = "audit__decision_runs"
OWED = "audit__owed"
QUALITY = "audit__quality"
REFUSALS = "audit__refusals"
RESTRICTED = "audit__restricted"
RUNS = "audit__runs"
SEALS = "audit__seals"
SUSPENSIONS = "audit__suspensions"
TRAIL = "audit__trail"

# gold
APPLICATION_FEATURES = "gold__application_features"
DECISIONS = "gold__decisions"
DECLINED_FEATURES = "gold__declined_features"
TRAINING_FEATURES = "gold__training_features"
TRAINING_LABELS = "gold__training_labels"
TRAINING_SUBJECTS = "gold__training_members"


@dataclass(frozen=True)
class PlatformTable:
    """A table of the vault or the audit with facts on persons or partners; their other tables have none.

    Attributes:
        table: name of the table.
        erased_by: column by which the erasure of a person deletes rows; None if it deletes none, because the table has
            no rows on persons, or records that a person's rows may only be stored.
        is_of_source: whether `source_table` names the contract of each row, which is deleted when the partner leaves.
        named_by: columns that identify a row of a table with sealed values, see `lake.seals`.
    """

    table: str
    erased_by: str | None = None
    is_of_source: bool = False
    named_by: tuple[str, ...] = ()


# in the order in which an erasure deletes from them: keys last
PLATFORM = (
    PlatformTable(IDENTITIES, erased_by="subject_key", is_of_source=True),
    PlatformTable(REQUEST_LOG, erased_by="subject_key", is_of_source=True),
    PlatformTable(DECISION_INPUTS, erased_by="subject_key", named_by=("application_id",)),
    PlatformTable(KEYS, erased_by="key_id"),
    PlatformTable(FILE_NAMES, is_of_source=True),
    PlatformTable(DECISION_RUNS, named_by=("run",)),
    PlatformTable(SUSPENSIONS, named_by=("source", "at")),
    PlatformTable(CLOSED, named_by=("source",)),
)
