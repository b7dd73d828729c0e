"""Names of the tables that the platform itself writes, each once; those of sources follow from their contracts.

Of vault and audit it says as well what an erasure takes, and what is sealed; gold is declared in `conf.schema.gold`.
"""

from dataclasses import dataclass

# of the vault: what is sealed, and the keys that open it
KEYS = "vault__keys"
OWN_KEYS = "vault__own_keys"
PSEUDONYM = "vault__pseudonym"
IDENTITIES = "vault__identities"
FILE_NAMES = "vault__names"

# of the audit: what was done, and what is known of batches, partners and whom they were asked for
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

# of gold
APPLICATION_FEATURES = "gold__application_features"
DECISIONS = "gold__decisions"
DECLINED_FEATURES = "gold__declined_features"
TRAINING_FEATURES = "gold__training_features"
TRAINING_LABELS = "gold__training_labels"
TRAINING_SUBJECTS = "gold__training_members"


@dataclass(frozen=True)
class PlatformTable:
    """A table of the vault or of the audit that tells of persons or partners; others of them hold neither.

    Attributes:
        table: its name.
        erased_by: the column by which erasing a person takes rows; None where none is taken, for the table tells of
            none, or says that rows of a person may only be stored.
        is_of_source: a row says in `source_table` which contract it came by, and goes when the partner leaves.
        named_by: columns that name a row, where rows are sealed, see `lake.seals`.
    """

    table: str
    erased_by: str | None = None
    is_of_source: bool = False
    named_by: tuple[str, ...] = ()


# in the order in which an erasure takes them: keys last
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
