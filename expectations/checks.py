"""The checks of a contract. Each `Check` is declared once; a row predicate and an expectation are made from it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import reduce
from itertools import groupby
from operator import and_, attrgetter, ge, le, or_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf.schema import contract
from conf.schema.clock import zoned
from conf.schema.contract import Contract
from conf.schema.errors import ContractError
from conf.schema.quarantine_reasons import ReasonCode
from expectations.identifiers import FORMATS
from expectations.typed import RAW, RECEIVED_AT, text

REASONS = "_reasons"
FAILED_CHECKS = "_failed_checks"


class CheckKind(StrEnum):
    """What a check tests."""

    REQUIRED = "required"
    TYPE = "type"
    RANGE = "range"
    VALUES = "values"
    PATTERN = "pattern"
    FORMAT = "format"
    PUBLISHED = "published"
    RULE = "rule"


@dataclass(frozen=True)
class Check:
    """One condition on one row; a null value passes every check but `required`.

    Attributes:
        name: `<column>.<kind>`, or the name of the rule; unique within a contract.
        kind: what is tested.
        reason: reason code under which a row that fails the check goes to quarantine.
        columns: the columns that are tested; one column, except for rules and `published`.
        args: arguments of the kind: `min` and `max`, `values`, `pattern`, `format`, or `expr` of a rule.
    """

    name: str
    kind: CheckKind
    reason: ReasonCode
    columns: tuple[str, ...]
    args: dict[str, Any] = field(default_factory=dict, hash=False)


def checks(entry: Contract) -> list[Check]:
    """All checks of a contract, for rows that `typed` returned; rules come last.

    Raises:
        ContractError: a column has a limit that its type knows nothing of.
    """
    of_table = [check for name, column in entry.stored.items() for check in _of_column(name, column)]
    of_table += [
        _check(CheckKind.PUBLISHED, n, RECEIVED_AT, minutes=entry.future_tolerance_minutes or 0) for n in _past(entry)
    ]
    for rule in entry.rules:
        columns = tuple(name for name in entry.stored if re.search(rf"\b{name}\b", rule.expr))
        of_table.append(Check(rule.name, CheckKind.RULE, rule.reason, columns, {"expr": rule.expr}))
    return of_table


def failures(frame: DataFrame, entry: Contract) -> DataFrame:
    """Add to every row which checks it failed. Nothing is computed yet, and all checks share one pass over the rows.

    Args:
        frame: rows as `typed` returns them, with `_received_at`.
        entry: their contract.

    Returns:
        The rows with `_reasons` (array of distinct reason codes, sorted) and `_failed_checks` (array of names, in
        the order of `checks`); both are empty for a row that passed.
    """
    flags = {check: f"_fails_{i}" for i, check in enumerate(checks(entry))}
    failed = {check: F.col(flag) for check, flag in flags.items()}
    alone = [(~predicate(check)).alias(flag) for check, flag in flags.items() if check.kind is not CheckKind.RULE]
    ruled = [_broken(check, failed).alias(flag) for check, flag in flags.items() if check.kind is CheckKind.RULE]
    by_reason = groupby(sorted(flags, key=attrgetter("reason")), key=attrgetter("reason"))
    reasons = [F.when(reduce(or_, (failed[check] for check in group)), reason.value) for reason, group in by_reason]
    names = [F.when(fails, check.name) for check, fails in failed.items()]
    return (
        frame.select("*", *alone)
        .select("*", *ruled)
        .select(
            *frame.columns,
            F.array_compact(F.array(*reasons)).alias(REASONS),
            F.array_compact(F.array(*names)).alias(FAILED_CHECKS),
        )
    )


def predicate(check: Check) -> Column:
    """Whether a row passes a check; never null. For rows as `typed` returns them."""
    column, *others = map(F.col, check.columns)
    match check.kind:
        case CheckKind.REQUIRED:
            return text(F.col(RAW)[check.columns[0]]).isNotNull()
        case CheckKind.TYPE:
            return text(F.col(RAW)[check.columns[0]]).isNull() | column.isNotNull()
        case CheckKind.RANGE:
            compare = {"min": ge, "max": le}
            passes = reduce(and_, (compare[end](column, limit) for end, limit in check.args.items()))
        case CheckKind.VALUES:
            passes = column.isin(*check.args["values"])
        case CheckKind.PATTERN:
            passes = column.rlike(check.args["pattern"])
        case CheckKind.FORMAT:
            passes = FORMATS[check.args["format"]](column)
        case CheckKind.PUBLISHED:
            passes = F.unix_micros(column) - F.unix_micros(others[0]) <= check.args["minutes"] * 60_000_000
        case CheckKind.RULE:
            passes = F.expr(check.args["expr"])
    return F.coalesce(passes, F.lit(True))


def silencers(rule: Check, declared: Iterable[Check]) -> list[Check]:
    """The checks on the columns that a rule reads; on a row that failed one of them, the rule isn't applied."""
    return [check for check in declared if check.kind is not CheckKind.RULE and {*check.columns} & {*rule.columns}]


def _broken(rule: Check, failed: dict[Check, Column]) -> Column:
    """Whether a row breaks a rule.

    A rule isn't applied to a row where one of the rule's columns failed a check. So one mistake counts once, and a
    value out of range can't make the rule's arithmetic overflow.
    """
    unsound = reduce(or_, (failed[check] for check in silencers(rule, failed)), F.lit(False))
    return F.when(unsound, False).otherwise(~predicate(rule))


_REASONS = {
    CheckKind.REQUIRED: ReasonCode.MISSING_VALUE,
    CheckKind.TYPE: ReasonCode.BAD_TYPE,
    CheckKind.RANGE: ReasonCode.OUT_OF_RANGE,
    CheckKind.PATTERN: ReasonCode.BAD_FORMAT,
    CheckKind.FORMAT: ReasonCode.BAD_FORMAT,
    CheckKind.PUBLISHED: ReasonCode.FUTURE_TIME,
}


# Java reads `\d` and the like as ASCII, Rust as Unicode; in Java, `$` also matches before a final line feed
_PORTABLE = {r"\d": "[0-9]", r"\w": "[0-9A-Za-z_]", r"\s": r"[ \t\r\n]", "$": r"\z"}


def portable(pattern: str) -> str:
    """A regular expression that matches the same texts in both engines."""
    return re.sub(r"\\.|\[[^]]*]|\$", lambda match: _PORTABLE.get(match[0], match[0]), pattern)


def _of_column(name: str, column: contract.Column) -> Iterator[Check]:
    if column.required:
        yield _check(CheckKind.REQUIRED, name)
    if column.type != "string" or column.parse not in (None, "hex"):
        yield _check(CheckKind.TYPE, name)
    if limits := {end: _bound(name, column, end) for end in ("min", "max") if getattr(column, end) is not None}:
        yield _check(CheckKind.RANGE, name, **limits)
    if not column.pseudonym:  # the column holds a token here; the identifier behind it was checked at admission
        yield from of_content(name, column)


def of_content(name: str, column: contract.Column) -> Iterator[Check]:
    """The checks on the content of a text: allowed values, a pattern, a format.

    Args:
        name: name of the column that holds the text.
        column: the column's declaration.
    """
    if column.values:
        unknown = ReasonCode.UNKNOWN_CONSENT_TEXT if column.values_from else ReasonCode.NOT_ALLOWED
        yield Check(f"{name}.{CheckKind.VALUES}", CheckKind.VALUES, unknown, (name,), {"values": column.values})
    if column.pattern:
        yield _check(CheckKind.PATTERN, name, pattern=portable(column.pattern))
    if column.format:
        yield _check(CheckKind.FORMAT, name, format=column.format)


def _past(entry: Contract) -> list[str]:
    """Columns whose moments must lie before the row's receipt; a date may be a day later, for another time zone."""
    if not entry.published:
        return []
    happened = entry.event_time
    if happened is None or happened == entry.published or entry.stored[happened].type != "timestamp":
        return [entry.published]
    return [entry.published, happened]


def _check(kind: CheckKind, *columns: str, **args: Any) -> Check:
    return Check(f"{columns[0]}.{kind}", kind, _REASONS[kind], columns, args)


def _bound(name: str, column: contract.Column, end: str) -> int | float | Decimal | date | datetime:
    """A limit in the column's own type, so that comparisons need no conversion."""
    readers = {
        "int": int,
        "long": int,
        "double": float,
        "decimal": lambda limit: Decimal(str(limit)),
        "date": lambda limit: date.fromisoformat(str(limit)),
        "timestamp": lambda limit: zoned(datetime.fromisoformat(str(limit)), "UTC"),
    }
    reader = readers.get(column.type.split("(")[0])
    if not reader:
        raise ContractError(f"column {name!r} has a {end} but is a {column.type}; limits are for numbers and times")
    return reader(getattr(column, end))
