"""Expectations that Great Expectations doesn't have. Each is one condition on one row, so that one aggregation counts
all expectations of a suite."""

from functools import reduce
from operator import and_, ge, le
from typing import Any, ClassVar

from great_expectations.execution_engine.sparkdf_execution_engine import SparkDFExecutionEngine
from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween
from great_expectations.expectations.core.expect_column_values_to_be_in_set import ExpectColumnValuesToBeInSet
from great_expectations.expectations.core.expect_column_values_to_match_regex import ExpectColumnValuesToMatchRegex
from great_expectations.expectations.core.expect_column_values_to_not_be_null import ExpectColumnValuesToNotBeNull
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)
from great_expectations.validator.validator import ValidationDependencies
from pyspark.sql import Column
from pyspark.sql import functions as F

from expectations.checks import FAILED_CHECKS
from expectations.identifiers import FORMATS


class _ReadableText(ColumnMapMetricProvider):
    condition_metric_name = "column_values.readable_text"
    condition_value_keys = ("read_into",)

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(cls, column: Column, read_into: str, **_) -> Column:
        return F.col(read_into).isNotNull()


class _ValidIdentifier(ColumnMapMetricProvider):
    condition_metric_name = "column_values.valid_identifier"
    condition_value_keys = ("identifier",)

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(cls, column: Column, identifier: str, **_) -> Column:
        return FORMATS[identifier](column)


class _NotLater(ColumnMapMetricProvider):
    condition_metric_name = "column_values.not_later"
    condition_value_keys = ("than", "minutes")

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(cls, column: Column, than: str, minutes: int, **_) -> Column:
        return F.unix_micros(column) - F.unix_micros(than) <= minutes * 60_000_000


class _WithinLimits(ColumnMapMetricProvider):
    condition_metric_name = "column_values.within_limits"
    condition_value_keys = ("least", "most", "type_")

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(cls, column: Column, type_: str, least: str | None = None, most: str | None = None, **_) -> Column:
        limits = [(ge, least)] * (least is not None) + [(le, most)] * (most is not None)
        return reduce(and_, (compare(column, F.lit(limit).cast(type_)) for compare, limit in limits))


class _Rule(ColumnMapMetricProvider):
    condition_metric_name = "column_values.rule"
    condition_value_keys = ("rule", "unless_failed")
    filter_column_isnull = False

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(cls, column: Column, rule: str, unless_failed: list[str], **_) -> Column:
        is_silent = F.arrays_overlap(FAILED_CHECKS, F.array(*map(F.lit, unless_failed)).cast("array<string>"))
        return F.when(is_silent, True).otherwise(F.coalesce(F.expr(rule), F.lit(True)))


class _KeyCheck(ColumnMapMetricProvider):
    condition_metric_name = "column_values.key_check"
    condition_value_keys = ("check",)
    filter_column_isnull = False

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(cls, column: Column, check: str, **_) -> Column:
        return ~F.array_contains(FAILED_CHECKS, check)


class _NothingFailed(ColumnMapMetricProvider):
    condition_metric_name = "column_values.nothing_failed"

    @column_condition_partial(engine=SparkDFExecutionEngine)
    def _spark(cls, column: Column, **_) -> Column:
        return F.size(column) == 0


class _Counted(ColumnMapExpectation):
    """Skips the query for failing values if no values are wanted; Great Expectations would run one for each check."""

    def get_validation_dependencies(self, *args: Any, **kwargs: Any) -> ValidationDependencies:
        needed = super().get_validation_dependencies(*args, **kwargs)
        if needed.result_format.get("exclude_unexpected_values"):
            needed.metric_configurations.pop(f"{self.map_metric}.unexpected_values", None)
        return needed


class ExpectColumnValuesToBePresent(_Counted, ExpectColumnValuesToNotBeNull):
    """Great Expectations' `ExpectColumnValuesToNotBeNull`, counted."""


class ExpectColumnValuesToBeWithinLimits(_Counted, ExpectColumnValuesToBeBetween):
    """Great Expectations' `ExpectColumnValuesToBeBetween`, counted."""


class ExpectColumnValuesToBeAllowed(_Counted, ExpectColumnValuesToBeInSet):
    """Great Expectations' `ExpectColumnValuesToBeInSet`, counted."""


class ExpectColumnValuesToFollowPattern(_Counted, ExpectColumnValuesToMatchRegex):
    """Great Expectations' `ExpectColumnValuesToMatchRegex`, counted."""


class ExpectColumnTextToBeReadable(_Counted):
    """Expect text to be read as the type that the contract declares.

    Args:
        column: the text as received.
        read_into: the column that holds the typed value, null where the text can't be read.
    """

    read_into: str
    map_metric: ClassVar[str] = "column_values.readable_text"
    success_keys: ClassVar[tuple[str, ...]] = ("read_into", "mostly")


class ExpectColumnValuesToBeValidIdentifier(_Counted):
    """Expect identifiers to follow their standard, check digits included.

    Args:
        identifier: a `format` of the contracts, e.g. `parcel_code`.
    """

    identifier: str
    map_metric: ClassVar[str] = "column_values.valid_identifier"
    success_keys: ClassVar[tuple[str, ...]] = ("identifier", "mostly")


class ExpectColumnValuesToNotBeLater(_Counted):
    """Expect moments not to be later than those of another column.

    Args:
        than: the other column.
        minutes: how much later a moment may be.
    """

    than: str
    minutes: int
    map_metric: ClassVar[str] = "column_values.not_later"
    success_keys: ClassVar[tuple[str, ...]] = ("than", "minutes", "mostly")


class ExpectDecimalsToBeWithinLimits(_Counted):
    """Expect decimals to lie within limits, exactly.

    `ExpectColumnValuesToBeBetween` converts decimal limits to doubles, and the two engines compare doubles with
    decimals in different ways.

    Args:
        type_: the column's type, e.g. `decimal(10,2)`.
        least: the lower limit in digits, if there is one.
        most: the upper limit in digits, if there is one.
    """

    type_: str
    least: str | None = None
    most: str | None = None
    map_metric: ClassVar[str] = "column_values.within_limits"
    success_keys: ClassVar[tuple[str, ...]] = ("least", "most", "type_", "mostly")


class ExpectRuleToHold(_Counted):
    """Expect a rule of the contract to hold; a rule whose value is null counts as met.

    Args:
        column: the first column of the rule, under which it is reported.
        rule: the condition in Spark SQL.
        unless_failed: names of checks; the rule isn't applied to rows that failed one of them.
    """

    rule: str
    unless_failed: list[str]
    map_metric: ClassVar[str] = "column_values.rule"
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "unless_failed", "mostly")


class ExpectKeysToHold(_Counted):
    """Expect keys to be unique, or to exist where they point to, as judged by `expectations.key_checks`.

    Args:
        check: name of the key check.
    """

    check: str
    map_metric: ClassVar[str] = "column_values.key_check"
    success_keys: ClassVar[tuple[str, ...]] = ("check", "mostly")


class ExpectRowsToBeSound(_Counted):
    """Expect rows to have failed no check; this decides whether a batch may go on.

    Args:
        column: the column with the names of the checks that a row failed.
    """

    map_metric: ClassVar[str] = "column_values.nothing_failed"
