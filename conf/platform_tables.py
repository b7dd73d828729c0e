"""Tables of the platform's own that tell of persons or partners: what an erasure takes of them, and what is sealed.

Others of the vault and the audit hold neither: batches, runs, scores, and keys that seal no person's data.
"""

from dataclasses import dataclass

from conf import table_names


@dataclass(frozen=True)
class PlatformTable:
    """A table of the vault or of the audit.

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
TABLES = (
    PlatformTable(table_names.IDENTITIES, erased_by="subject_key", is_of_source=True),
    PlatformTable(table_names.ASKED, erased_by="subject_key", is_of_source=True),
    PlatformTable(table_names.DECISION_INPUTS, erased_by="subject_key", named_by=("application_id",)),
    PlatformTable(table_names.KEYS, erased_by="key_id"),
    PlatformTable(table_names.FILE_NAMES, is_of_source=True),
    PlatformTable(table_names.DECISION_RUNS, named_by=("run",)),
    PlatformTable(table_names.SUSPENSIONS, named_by=("source", "at")),
    PlatformTable(table_names.CLOSED, named_by=("source",)),
)
