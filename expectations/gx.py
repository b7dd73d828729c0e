"""A contract as a suite of Great Expectations, and its validation in one pass over the rows.

This is a module of its own, apart from `expectations.suite`, because importing Great Expectations takes seconds.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from html import escape
from typing import Any

import great_expectations as gx
from great_expectations.core import ExpectationSuiteValidationResult
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Column, Contract
from conf.schema.errors import ContractError
from conf.schema.languages import SHOWN, on_pages, plain
from expectations import custom, key_checks
from expectations.checks import FAILED_CHECKS, Check, CheckKind, checks, silencers
from expectations.typed import RAW, RECEIVED_AT, text

ALL_CHECKS = "All checks"  # the expectation on all checks of a row together
_TYPES_ZH = {"string": "文本", "date": "日期", "timestamp": "时间", "boolean": "是或否"}  # all other types are numbers
_phrase = partial(plain, between=" · ")
# counts only: with this, the values that fail never leave the engine
COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0, "exclude_unexpected_values": True}


def expectation_suite(entry: Contract, languages: Sequence[str] = SHOWN) -> gx.ExpectationSuite:
    """The suite of a contract: one expectation for each check, and one for all of them together.

    An expectation holds while its share of failures is within the contract's `max_failure_share`; the name of the
    check is in its `meta`, and its description is in the languages of the workspace.
    """
    return gx.ExpectationSuite(entry.table, expectations=[*_expectations(entry, on_pages(languages))])


def validate(
    frame: DataFrame, entry: Contract, result_format: dict = COUNTS, languages: Sequence[str] = SHOWN
) -> ExpectationSuiteValidationResult:
    """Validate judged rows against the suite of their contract.

    Args:
        frame: rows that went through `failures`, `copies` and `orphans`.
        entry: their contract.
        result_format: content of the result; by default counts and no values.
        languages: languages of the workspace.

    Raises:
        ContractError: an expectation could not be evaluated.
    """
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_spark(entry.source, persist=False).add_dataframe_asset(entry.asset)
    batch = asset.add_batch_definition_whole_dataframe("batch").get_batch({"dataframe": _laid_out(frame, entry)})
    result = batch.validate(expectation_suite(entry, languages), result_format=result_format)
    if broken := [check_name(r) for r in result.results if _raised(r)]:
        raise ContractError(
            f"Great Expectations could not evaluate {', '.join(broken)} of contract {entry.table}; the rows don't have "
            "the columns or types of the contract, so read them with expectations.typed first"
        )
    return result


def check_name(result) -> str:
    """Name of the check that a result belongs to."""
    return result.expectation_config.meta["check"]


def _expectations(entry: Contract, shown: Sequence[str]) -> Iterator[Expectation]:
    declared = checks(entry)
    most = f"{100 * entry.max_failure_share:.4g}%"
    says = _phrase(f"No more than {most} of the rows fail a check", f"不合格行占比不超过{most}", shown)
    yield custom.ExpectRowsToBeSound(**_common(ALL_CHECKS, ALL_CHECKS, says, entry))
    for check in declared:
        common = _common(check.name, check.columns[0], _described(check, entry, shown), entry)
        if check.kind is CheckKind.RULE:
            unless = [other.name for other in silencers(check, declared)]
            yield custom.ExpectRuleToHold(rule=check.args["expr"], unless_failed=unless, **common)
        else:
            yield _of_column(check, common, entry.columns[check.columns[0]])
    if not entry.versioned:
        says = _phrase("Rows of one key don't contradict each other", "同一主键内容一致", shown)
        yield custom.ExpectKeysToHold(
            check=key_checks.UNIQUE, **_common(key_checks.UNIQUE, entry.primary_key[0], says, entry)
        )
    for name, column in entry.stored.items():
        if column.references:
            check, other = key_checks.reference(name), column.references.table
            says = _phrase(f"Exists in {other}", f"在{other}中存在", shown)
            yield custom.ExpectKeysToHold(check=check, **_common(check, name, says, entry))


def _of_column(check: Check, common: dict[str, Any], column: Column) -> Expectation:
    as_text: dict[str, Any] = {**common, "column": _text(common["column"], column)}
    match check.kind:
        case CheckKind.REQUIRED:
            return custom.ExpectColumnValuesToBePresent(**as_text)
        case CheckKind.TYPE:
            return custom.ExpectColumnTextToBeReadable(read_into=common["column"], **as_text)
        case CheckKind.RANGE if column.type.startswith("decimal"):
            least, most = (None if limit is None else f"{limit:f}" for limit in map(check.args.get, ("min", "max")))
            return custom.ExpectDecimalsToBeWithinLimits(type_=column.type, least=least, most=most, **common)
        case CheckKind.RANGE:
            limits = {f"{end}_value": limit for end, limit in check.args.items()}
            return custom.ExpectColumnValuesToBeWithinLimits(**limits, **common)
        case CheckKind.VALUES:
            return custom.ExpectColumnValuesToBeAllowed(value_set=list(check.args["values"]), **common)
        case CheckKind.PATTERN:
            return custom.ExpectColumnValuesToFollowPattern(regex=check.args["pattern"], **common)
        case CheckKind.FORMAT:
            return custom.ExpectColumnValuesToBeValidIdentifier(identifier=check.args["format"], **common)
    return custom.ExpectColumnValuesToNotBeLater(than=RECEIVED_AT, **check.args, **common)


def _common(check: str, column: str, says: str, entry: Contract) -> dict:
    return {
        "column": column,
        "mostly": round(1 - entry.max_failure_share, 9),
        "description": escape(says, quote=False),
        "meta": {"check": check},
    }


def _described(check: Check, entry: Contract, shown: Sequence[str]) -> str:
    """Description of a check in the shown languages."""
    if check.kind is CheckKind.RULE:
        rule = next(rule for rule in entry.rules if rule.name == check.name)
        return _phrase(rule.en, rule.zh, shown)
    column, args = entry.columns[check.columns[0]], check.args
    en, zh = {
        CheckKind.REQUIRED: ("is given", "必填"),
        CheckKind.TYPE: (f"can be read as {column.type}", f"可解析为{_TYPES_ZH.get(column.type, '数值')}"),
        CheckKind.RANGE: (f"is {_limits(args, 'at least', 'at most')}", _limits(args, "不小于", "不大于")),
        CheckKind.VALUES: (f"is one of {', '.join(args.get('values', ()))}", "在允许值之内"),
        CheckKind.PATTERN: (f"matches {column.pattern}", "符合格式"),
        CheckKind.FORMAT: (f"is a valid {args.get('format')}", "符合编码标准"),
        CheckKind.PUBLISHED: ("is not later than the receipt", "不晚于接收时间"),
    }[check.kind]
    return _phrase(f"{column.en} {en}", f"{column.zh}{zh}", shown)


def _limits(args: dict, least: str, most: str) -> str:
    words = {"min": least, "max": most}
    return ", ".join(f"{words[end]} {_plain(args[end])}" for end in words if end in args)


def _plain(limit: object) -> str:
    return f"{limit.normalize():,f}" if isinstance(limit, Decimal) else str(limit)


def _text(name: str, column: Column) -> str:
    """Name of the column for a column's text in `_laid_out`; a column that is read unchanged needs no second one."""
    return name if column.type == "string" and not column.parse else f"{name} (text)"


def _laid_out(frame: DataFrame, entry: Contract) -> DataFrame:
    """The rows with the received text of each typed column in a column beside it."""
    as_text = {
        _text(name, column): text(F.col(RAW)[name])
        for name, column in entry.stored.items()
        if _text(name, column) != name
    }
    return frame.withColumns(as_text | {ALL_CHECKS: F.col(FAILED_CHECKS)})


def _raised(result) -> bool:
    info = result.exception_info or {}
    return info["raised_exception"] if "raised_exception" in info else any(i["raised_exception"] for i in info.values())
