"""Rows as partners write them, made from a contract: one that is sound, and one that fails each of its checks."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from conf.schema.contract import Column, Contract
from expectations.checks import Check, CheckKind

RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
_FORMATS = {
    "resident_id": "11010519491231002X",
    "credit_code": "91110000600037341L",
    "parcel_code": "5001011002200100001",
    "house_unit_no": "320582001002JC00015F00010001",
    "division_code": "500101100200",
}
_PATTERNS = {
    r"^\d{18}$": "500101100220010001",
    r"^\d{18}[JQ]\d{4}$": "500101100220010001J0001",
    r"^\d{4}-(spring|autumn|perennial)$": "2020-spring",
    r"^A\d{10}$": "A0000000001",
    r"^B\d{6}$": "B000001",
    r"^C\d{10}$": "C0000000001",
    r"^G\d{10}$": "G0000000001",
    r"^L\d{10}$": "L0000000001",
    r"^T\d{14}$": "T00000000000001",
    r"^[0-9a-f]{64}$": "0" * 64,
    r"^[a-z_.]+(;[a-z_.]+)*$": "farm.planting;farm.breeding",
    r"^[a-z_]+(;[a-z_]+)*$": "credit_assessment",
}
# what to change in a sound row so that a rule breaks
_RULE_BREAKERS = {
    "closed_after_disbursement": {"disbursed_date": "2021-05-02", "closed_date": "2021-05-01"},
    "closed_means_nothing_owed": {"closed_date": "2021-06-01", "disbursed_date": "2021-05-02", "outstanding_cny": "1"},
    "settled_means_paid": {"due_cny": "5", "paid_cny": "4.99"},
    "expires_after_grant": {"granted_at": "2025-12-30", "expires_at": "2025-12-30"},
    "ends_within_ten_years": {"expires_at": "2034-01-01"},
    "text_is_the_one_named": {"text_version": "2024-01"},
    "text_was_in_force": {"granted_at": "2022-12-31T23:59:59+08:00"},
    "scopes_are_in_the_text": {"scopes": "farm.planting;farm.fishing"},
    "purposes_are_in_the_text": {"purposes": "credit_assessment;advertising"},
    "cycle_ends_after_start": {"start_date": "2021-01-01", "end_date": "2021-01-01"},
    "no_more_out_than_in": {"stocked_head": "10", "died_head": "1", "sold_head": "10"},
    "membership_ends_after_start": {"valid_from_date": "2021-01-01", "valid_to_date": "2021-01-01"},
    "transfer_ends_after_start": {"valid_from_date": "2021-01-01", "valid_to_date": "2020-01-01"},
    "harvest_after_sowing": {"sown_date": "2021-05-01", "harvest_date": "2021-05-01"},
    "disaster_within_sown_area": {"sown_area_mu": "1", "disaster_area_mu": "1.01"},
}


# of a consent, so that it is one to the oldest text
_CONSENTED = {
    "text_version": "2023-01",
    "granted_at": "2023-02-01T08:00:00+08:00",
    "expires_at": "2025-02-02T08:00:00+08:00",
    "published_at": "2023-02-02T08:00:00+08:00",
}


def sound_row(contract: Contract) -> dict[str, str]:
    """A row that passes every check; later columns hold later times."""
    row = {name: _sound(column, place) for place, (name, column) in enumerate(contract.stored.items())}
    return row | _CONSENTED if contract.table == "consent__grant" else row


def spoiled_row(contract: Contract, check: Check) -> dict[str, str]:
    """A row that fails one check and no other."""
    row, name = sound_row(contract), check.columns[0]
    if check.kind is CheckKind.RULE:
        return row | _RULE_BREAKERS[check.name]
    return row | {name: _unsound(check, contract.columns[name])}


def failing(declared: list[Check], check: Check) -> list[Check]:
    """The checks that the row spoiled for one fails; text of another pattern isn't among the values either."""
    if check.kind is CheckKind.RULE:
        return [check]
    together = {CheckKind.PATTERN, CheckKind.VALUES} if check.kind is CheckKind.PATTERN else {check.kind}
    return [other for other in declared if other.columns == check.columns and other.kind in together]


def random_rows(contract: Contract, declared: list[Check], count: int) -> list[dict[str, str | None]]:
    """Sound rows in which some columns hold what fails a check, a value just within a limit, or nothing."""
    random = Random(contract.table)
    single = [check for check in declared if check.kind is not CheckKind.RULE]
    rows = []
    for _ in range(count):
        row = sound_row(contract)
        for check in random.sample(single, random.choice([0, 0, 1, 2, 5])):
            name = check.columns[0]
            within = [str(limit) for limit in check.args.values()] if check.kind is CheckKind.RANGE else [row[name]]
            row[name] = random.choice([_unsound(check, contract.columns[name]), *within, None, "", "\u3000", "0", "9"])
        for rule in random.sample(contract.rules, random.choice([0, len(contract.rules)])):
            row |= _RULE_BREAKERS[rule.name]
        rows.append(row)
    return rows


def bronze(spark: SparkSession, contract: Contract, rows: list[dict[str, str | None]]) -> DataFrame:
    """Rows as bronze holds them, numbered by `_batch_id`."""
    schema = ", ".join(f"{name} string" for name in ("_batch_id", *contract.stored))
    texts = [(f"{number:04d}", *(row[name] for name in contract.stored)) for number, row in enumerate(rows)]
    frame = spark.createDataFrame(texts, schema)
    return frame.withColumns(
        {
            "subject_key": F.lit("s"),
            "consent_id": F.lit("g"),
            "_received_at": F.lit(RECEIVED),
            "_source_ref": F.lit("f"),
            "_row_hash": F.col("_batch_id"),
        }
    )


def _sound(column: Column, place: int) -> str:
    if column.format:
        return _FORMATS[column.format]
    if column.values:
        return column.values[0]
    if column.pattern:
        return _PATTERNS[column.pattern]
    day = date(2020, 1, 1) + timedelta(days=place)
    kind = column.type.split("(")[0]
    return {"date": str(day), "timestamp": f"{day}T08:00:00+08:00", "boolean": "是", "string": "s"}.get(
        kind, str(column.min if column.min is not None else 1)
    )


def _unsound(check: Check, column: Column) -> str:
    limits = check.args
    beyond = limits["max"] + 1 if "max" in limits else limits["min"] - timedelta(days=1) if "min" in limits else None
    return {
        CheckKind.REQUIRED: "\u3000",
        CheckKind.TYPE: ";" if column.parse == "words" else "x",
        CheckKind.RANGE: str(beyond).replace("+00:00", "Z"),
        CheckKind.VALUES: "f" * 64 if column.pattern else "?",
        CheckKind.PUBLISHED: str(RECEIVED + timedelta(minutes=check.args.get("minutes", 0), seconds=1)),
    }.get(check.kind, "?")
