"""The quality of a batch: counted, validated against its contract's suite, and published as Data Docs.

Great Expectations is imported only when there is a batch to validate, because the import takes seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf.schema.contract import Contract
from conf.schema.languages import SHOWN
from conf.schema.quarantine_reasons import ReasonCode
from expectations.checks import REASONS
from expectations.drift import Histogram, bins_of
from expectations.key_checks import IS_COPY
from expectations.typed import RECEIVED_AT

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

_MOST_CHECKS = 5  # number of checks that an error names


@dataclass(frozen=True)
class BatchQuality:
    """The results of a batch's checks: counts, never values.

    Attributes:
        rows: rows that were checked.
        failed_rows: rows that failed at least one check.
        copies: rows that passed and repeat another row.
        by_reason: rows per reason code, the most frequent first; a row counts once for each of its reasons.
        by_check: rows per failed check, by name, as Great Expectations counted them.
        batch_id: `_batch_id` of the rows; None if there are no rows.
        received_at: latest receipt of a row, UTC.
        validation: result of the contract's suite, without values.
        late_rows: rows received later after their publication than was agreed; None if no delay was agreed.
        histograms: histograms of the rows that passed, by column; bins with few rows count as empty.
    """

    rows: int
    failed_rows: int
    copies: int
    by_reason: dict[str, int]
    by_check: dict[str, int]
    batch_id: str | None
    received_at: datetime | None
    validation: "ExpectationSuiteValidationResult"
    late_rows: int | None = None
    histograms: tuple[Histogram, ...] = ()

    @property
    def sound(self) -> int:
        """Rows for silver."""
        return self.rows - self.failed_rows - self.copies

    @property
    def failure_share(self) -> float:
        """Share of rows that failed, 0 for an empty batch."""
        return self.failed_rows / self.rows if self.rows else 0.0


def quality(
    judged: DataFrame,
    entry: Contract,
    max_delay: timedelta | None = None,
    min_cell: int | None = None,
    languages: Sequence[str] = SHOWN,
) -> BatchQuality:
    """Count a batch and validate it against its contract's suite, in two passes over the rows.

    Args:
        judged: rows that went through `failures`, `copies` and `orphans`; they are read twice, so store them first.
        entry: their contract.
        max_delay: longest agreed time from a row's publication to its receipt; None if none was agreed.
        min_cell: count histograms too, in which bins with fewer rows are empty; None counts no histograms.
        languages: languages of the workspace, for the descriptions of checks in the result.
    """
    from expectations import gx

    failed = F.size(REASONS) > 0
    is_sound = ~failed & ~F.col(IS_COPY)
    delays = (
        [F.count_if(_is_late(entry.published, max_delay)).alias("late_rows")] if entry.published and max_delay else []
    )
    binned = bins_of(entry) if min_cell else []
    (counted,) = judged.agg(
        F.count("*").alias("rows"),
        F.count_if(failed).alias("failed_rows"),
        F.count_if(F.col(IS_COPY) & ~failed).alias("copies"),
        F.max("_batch_id").alias("batch_id"),
        F.max(F.unix_micros("_received_at")).alias("received_at"),
        *(F.count_if(F.array_contains(REASONS, reason.value)).alias(reason.value) for reason in ReasonCode),
        *delays,
        *(counter for bins in binned for counter in bins.counters(is_sound)),
    ).collect()
    sound = counted.rows - counted.failed_rows - counted.copies
    by_reason = {reason.value: counted[reason.value] for reason in ReasonCode if counted[reason.value]}
    validation = gx.validate(judged, entry, languages=languages)
    by_check = {gx.check_name(result): result.result["unexpected_count"] for result in validation.results}
    del by_check[gx.ALL_CHECKS]
    micros = counted.received_at
    return BatchQuality(
        rows=counted.rows,
        failed_rows=counted.failed_rows,
        copies=counted.copies,
        by_reason=dict(sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))),
        by_check={name: count for name, count in by_check.items() if count},
        batch_id=counted.batch_id,
        received_at=None if micros is None else datetime.fromtimestamp(micros / 1e6, UTC),
        validation=validation,
        late_rows=counted["late_rows"] if delays else None,
        histograms=tuple(bins.histogram(counted.asDict(), sound, min_cell or 0) for bins in binned),
    )


def _is_late(published: str, max_delay: timedelta) -> Column:
    return F.unix_micros(RECEIVED_AT) - F.unix_micros(published) > max_delay // timedelta(microseconds=1)


def over_limit(counted: BatchQuality, entry: Contract, rejected: Mapping[str, int], read: int) -> str | None:
    """Why a batch must stop before silver; None if it may go on.

    Args:
        counted: results of its checks.
        entry: its contract.
        rejected: number of rows rejected at admission, by reason code; `counted` doesn't include them.
        read: number of rows that were read for admission, of whatever subject.
    """
    reasons = (
        _over("failing rows", counted.failed_rows, counted.rows, counted.by_reason, _checks(counted, entry), entry),
        _over(
            "rows rejected at admission", sum(rejected.values()), read, rejected, "; look at them in quarantine", entry
        ),
    )
    return next(filter(None, reasons), None)


def _over(what: str, failed: int, rows: int, by_reason: Mapping[str, int], where: str, entry: Contract) -> str | None:
    share = failed / rows if rows else 0.0
    if share <= entry.max_failure_share:
        return None
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in by_reason.items())
    return (
        f"share of {what} {share:.1%} is over max_failure_share {100 * entry.max_failure_share:.4g}% of contract "
        f"{entry.table}; {failed:,} of {rows:,} rows failed: {reasons}{where}"
    )


def _checks(counted: BatchQuality, entry: Contract) -> str:
    """Text that names the checks which most rows failed, with their columns, and the page that lists all checks."""
    most = sorted(counted.by_check.items(), key=lambda item: (-item[1], item[0]))[:_MOST_CHECKS]
    listed = ", ".join(f"{name} {count:,}" for name, count in most)
    page = f"the batch is in Data Docs (reports/data_docs/{entry.source}/index.html)"
    return f" (by column and check: {listed}); {page}" if listed else f"; {page}"


def publish(counted: BatchQuality, entry: Contract, folder: Path, languages: Sequence[str] = SHOWN) -> Path:
    """Add a batch to the Data Docs site.

    Args:
        counted: results of its checks.
        entry: its contract.
        folder: folder of the site; only one process may write at a time.
        languages: languages of the workspace.

    Returns:
        The site's index page.
    """
    from expectations import data_docs

    return data_docs.publish(counted.validation, entry, counted.batch_id, counted.received_at, folder, languages)
