"""Table schemas: from contracts for bronze, silver and quarantine; fixed for the platform's own tables."""

import json
import re
from collections.abc import Callable

from deltalake import Schema
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    MapType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from conf.schema import record_key, table_names
from conf.schema.contract import Column, Contract
from conf.schema.errors import ContractError
from conf.schema.gold_table import GoldColumn
from conf.schema.naming import parse

BATCH = "_batch_id"
_TYPES = {
    "string": StringType(),
    "int": IntegerType(),
    "long": LongType(),
    "double": DoubleType(),
    "boolean": BooleanType(),
    "date": DateType(),
    "timestamp": TimestampType(),
    "array<string>": ArrayType(StringType()),
    "array<double>": ArrayType(DoubleType()),
}


def data_type(column: Column | GoldColumn) -> DataType:
    """Spark type of a declared column."""
    if column.type in _TYPES:
        return _TYPES[column.type]
    precision, scale = re.findall(r"\d+", column.type)
    return DecimalType(int(precision), int(scale))


def struct(**fields: DataType) -> StructType:
    """A StructType of nullable fields."""
    return StructType([StructField(name, kind) for name, kind in fields.items()])


def bronze(contract: Contract) -> StructType:
    """As received: every stored column as text, the subject as a key, and where the row came from."""
    received = dict.fromkeys(contract.stored, StringType())
    return struct(
        **received,
        subject_key=StringType(),
        consent_id=StringType(),
        **{BATCH: StringType()},
        _received_at=TimestampType(),
        _source_ref=StringType(),
        _row_hash=StringType(),
    )


def silver(contract: Contract) -> StructType:
    """Typed, with the business moment (`event_time`) and the moment we came to know it (`known_at`), both UTC.

    What happened on a day has the beginning of that day at the bank as its moment.
    """
    typed = {name: data_type(column) for name, column in contract.stored.items()}
    made = {record_key.NAME: StringType()} if contract.key_parts else {}
    return struct(
        **typed,
        **made,
        subject_key=StringType(),
        consent_id=StringType(),
        event_time=TimestampType(),
        known_at=TimestampType(),
        **{BATCH: StringType()},
        _row_hash=StringType(),
    )


QUARANTINE = struct(
    subject_key=StringType(),
    stage=StringType(),
    reasons=ArrayType(StringType()),
    failed_checks=ArrayType(StringType()),
    key_id=StringType(),
    row_ciphertext=BinaryType(),
    quarantined_at=TimestampType(),
    _source_ref=StringType(),
    _row_hash=StringType(),
    **{BATCH: StringType()},
    # what a notice of withdrawal names, see lake.notices; null for rows of other contracts
    linked_consents=ArrayType(StringType()),
    linked_subjects=ArrayType(StringType()),
    linked_by=StringType(),
)

VAULT_KEYS = struct(key_id=StringType(), master_id=StringType(), wrapped_key_ciphertext=BinaryType())
# Keys of the lake itself, under which no subject's data is sealed, such as the key of file names.
VAULT_OWN_KEYS = struct(name=StringType(), master_id=StringType(), wrapped_key_ciphertext=BinaryType())
# One row: a keyed hash that identifies the lake's pseudonym key without revealing it, and the name under which the key
# of the tokens of numbers is derived from it; null in an older lake, where it is the same key.
VAULT_PSEUDONYM = struct(check_value=StringType(), since=TimestampType(), numbers_under=StringType())
VAULT_IDENTITIES = struct(
    subject_key=StringType(), source_table=StringType(), identity_ciphertext=BinaryType(), **{BATCH: StringType()}
)
# Names of files, by the token that replaces the name in all other tables.
VAULT_NAMES = struct(name_token=StringType(), source_table=StringType(), name_ciphertext=BinaryType())

AUDIT_BATCHES = struct(
    batch_id=StringType(),
    source_table=StringType(),
    stage=StringType(),
    received_at=TimestampType(),
    parts=ArrayType(struct(name=StringType(), sha256=StringType(), bytes=LongType())),
    watermark=StringType(),
    rows_read=LongType(),
    rows_stored=LongType(),
    rows_not_authorised=LongType(),
    rows_duplicate=LongType(),
    rows_quarantined=LongType(),
    quarantined_by_reason=MapType(StringType(), LongType()),
    ignored_columns=ArrayType(StringType()),
    missing_columns=ArrayType(StringType()),
    is_late=BooleanType(),  # read again for subjects who consented after it was delivered
    contract_version=LongType(),  # by which rows were taken in or judged, see lake.contract_versions
)
AUDIT_RUNS = struct(
    job=StringType(), fingerprint=StringType(), as_of=TimestampType(), finished_at=TimestampType(), details=StringType()
)

AUDIT_REQUEST_LOG = struct(
    subject_key=StringType(), consent_id=StringType(), source_table=StringType(), **{BATCH: StringType()}
)

# Files that a late consent makes necessary again and that are gone from the landing zone.
AUDIT_OWED = struct(source_table=StringType(), sha256=StringType(), at=TimestampType())

AUDIT_TRAIL = struct(
    number=LongType(),
    at=TimestampType(),
    actor=StringType(),
    action=StringType(),
    details=StringType(),
    previous=StringType(),
    link=StringType(),
    os_user=StringType(),
    host=StringType(),
    signature=StringType(),
)

# Keyed digests of rows as they were written, see lake.seals.
AUDIT_SEALS = struct(seal=StringType(), key_digest=StringType(), row_digest=StringType(), replaces=StringType())

# What decisions were made from: of each run what all have in common, as JSON, and of each decision what is of the
# person, sealed under the person's own key.
AUDIT_DECISION_RUNS = struct(run=StringType(), at=TimestampType(), stated=StringType())
AUDIT_DECISION_INPUTS = struct(
    application_id=StringType(), subject_key=StringType(), run=StringType(), inputs_ciphertext=BinaryType()
)

# Subjects whose rows are kept for a statutory term only: nothing reads them any more (PIPL art. 47).
AUDIT_RESTRICTED = struct(subject_key=StringType(), reference=StringType(), restricted_at=TimestampType())
# Partners that have left; nothing more is taken from them, and `*` stands for the whole service.
AUDIT_CLOSED = struct(source=StringType(), closed_at=TimestampType(), operator=StringType(), why=StringType())
# Suspensions of partners and their ends, in order; the latest of a source is valid.
AUDIT_SUSPENSIONS = struct(
    source=StringType(),
    is_suspended=BooleanType(),
    at=TimestampType(),
    approvers=ArrayType(StringType()),
    why=StringType(),
)
# Quality scores of batches, for the inspection of partners: only counts, shares and bins with many rows.
AUDIT_QUALITY = struct(
    source_table=StringType(),
    batch_id=StringType(),
    received_at=TimestampType(),
    is_refused=BooleanType(),
    **dict.fromkeys(("rows", "rejected_rows", "failed_rows", "duplicate_rows", "late_rows"), LongType()),
    **dict.fromkeys(("completeness", "validity", "timeliness", "uniqueness", "stability", "score"), DoubleType()),
    reasons=MapType(StringType(), LongType()),
    **dict.fromkeys(("undeclared_columns", "missing_columns", "changed_columns"), ArrayType(StringType())),
    spreads=ArrayType(struct(column=StringType(), grid=StringType(), counts=ArrayType(LongType()), psi=DoubleType())),
    rules_from_date=StringType(),
)
# Alerts about partners; one per cause.
AUDIT_ALERTS = struct(
    alert_id=StringType(),
    source=StringType(),
    source_table=StringType(),
    batch_id=StringType(),
    code=StringType(),
    severity=StringType(),
    en=StringType(),
    zh=StringType(),
    raised_at=TimestampType(),
)
# Batches and files that were set aside, and people's decisions about them, in order; the latest of a batch is valid.
AUDIT_REFUSALS = struct(
    number=LongType(),
    batch_id=StringType(),
    source_table=StringType(),
    stage=StringType(),
    parts=ArrayType(struct(name=StringType(), sha256=StringType(), bytes=LongType())),
    rows=LongType(),
    action=StringType(),
    reason=StringType(),
    who=StringType(),
    at=TimestampType(),
)
# Every declaration by which rows of a table were taken in, as JSON; the latest of a table is in force.
AUDIT_CONTRACTS = struct(
    source_table=StringType(), version=LongType(), sha256=StringType(), declaration=StringType(), at=TimestampType()
)

_PLATFORM: dict[str, tuple[StructType, list[str]]] = {
    table_names.KEYS: (VAULT_KEYS, []),
    table_names.OWN_KEYS: (VAULT_OWN_KEYS, []),
    table_names.PSEUDONYM: (VAULT_PSEUDONYM, []),
    table_names.IDENTITIES: (VAULT_IDENTITIES, [BATCH]),
    table_names.FILE_NAMES: (VAULT_NAMES, []),
    table_names.BATCHES: (AUDIT_BATCHES, ["source_table"]),
    table_names.RUNS: (AUDIT_RUNS, ["job"]),
    table_names.REQUEST_LOG: (AUDIT_REQUEST_LOG, ["source_table", BATCH]),
    table_names.OWED: (AUDIT_OWED, ["source_table"]),
    table_names.TRAIL: (AUDIT_TRAIL, []),
    table_names.SEALS: (AUDIT_SEALS, []),
    table_names.DECISION_RUNS: (AUDIT_DECISION_RUNS, []),
    table_names.DECISION_INPUTS: (AUDIT_DECISION_INPUTS, []),
    table_names.RESTRICTED: (AUDIT_RESTRICTED, []),
    table_names.CLOSED: (AUDIT_CLOSED, []),
    table_names.SUSPENSIONS: (AUDIT_SUSPENSIONS, []),
    table_names.QUALITY: (AUDIT_QUALITY, ["source_table"]),
    table_names.ALERTS: (AUDIT_ALERTS, ["source"]),
    table_names.REFUSALS: (AUDIT_REFUSALS, []),
    table_names.CONTRACTS: (AUDIT_CONTRACTS, []),
}


def declared(table: str, contracts: dict[str, Contract]) -> tuple[StructType, list[str]]:
    """Schema and partition columns of a table that has to exist before it is written.

    Tables of gold are made by what is written to them first, see `lake.gold_schema`.

    Raises:
        ContractError: no contract declares it.
    """
    if table in _PLATFORM:
        return _PLATFORM[table]
    name = parse(table)
    if name.contract not in contracts:
        raise ContractError(
            f"{table} is needed, but no contract declares {name.contract} (any more); declare it in "
            f"conf/contracts/{name.contract.replace('__', '/')}.yaml (again)"
        )
    build: dict[str, Callable[[Contract], StructType]] = {
        "bronze": bronze,
        "silver": silver,
        "quarantine": lambda _: QUARANTINE,
    }
    return build[name.layer](contracts[name.contract]), [BATCH]


def delta(struct: StructType) -> Schema:
    """Columns as the Delta log has them."""
    return Schema.from_json(json.dumps(struct.jsonValue()))
