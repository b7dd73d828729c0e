"""Names of the tables that the platform itself writes, each once; those of sources follow from their contracts."""

# of the vault: what is sealed, and the keys that open it
KEYS = "vault__keys"
OWN_KEYS = "vault__own_keys"
PSEUDONYM = "vault__pseudonym"
IDENTITIES = "vault__identities"
FILE_NAMES = "vault__names"

# of the audit: what was done, and what is known of batches, partners and whom they were asked for
ALERTS = "audit__alerts"
ASKED = "audit__asked"
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

# of gold, declared in `conf.gold`
APPLICATION_FEATURES = "gold__application_features"
DECISIONS = "gold__decisions"
TRAINING_FEATURES = "gold__training_features"
TRAINING_LABELS = "gold__training_labels"
TRAINING_SUBJECTS = "gold__training_members"
