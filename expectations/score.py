"""The quality score of a batch: five dimensions from 0 to 1, and their weighted mean from 0 to 100."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any, Self

from conf.schema.contract import Contract
from conf.schema.inspection_rules import Inspection
from conf.schema.quarantine_reasons import ReasonCode
from expectations.checks import CheckKind
from expectations.drift import Histogram, psi
from expectations.suite import BatchQuality

DIMENSIONS = {
    "completeness": "完整性",
    "validity": "有效性",
    "timeliness": "及时性",
    "uniqueness": "唯一性",
    "stability": "稳定性",
}


Columns = tuple[Sequence[str], Sequence[str]]  # undeclared and missing ones


@dataclass(frozen=True)
class Arrival:
    """Facts on a batch before its rows are checked.

    Attributes:
        rejected: number of rows rejected at admission, by reason.
        undeclared_columns, missing_columns: how the batch's columns differ from its contract.
    """

    source_table: str
    batch_id: str
    received_at: datetime
    rejected: Mapping[str, int]
    undeclared_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class BatchScore:
    """The quality score of a batch: counts and shares, never values.

    Attributes:
        is_refused: whether more rows failed than the contract allows; nothing of the batch went to silver then.
        rows: rows that were checked.
        rejected_rows: rows rejected at admission, before the checks.
        failed_rows: checked rows that failed.
        duplicate_rows: rows that repeat another row, or contradict another row of the same key.
        late_rows: rows received later after their publication than was agreed; None if no delay was agreed.
        completeness: share of the required cells that are filled.
        validity: share of all received rows that pass every check but those on keys.
        timeliness: share of rows that came in time; None for the first batch, which brings the past.
        uniqueness: share of rows whose key no other row has.
        stability: 1 if columns and histograms are as before; 0 if all columns changed, or all moved past `psi.act`.
        score: weighted mean of the dimensions that are known, times 100; None for a batch without rows.
        reasons: number of rows by reason code, at admission and after it.
        undeclared_columns, missing_columns: how the batch differs from its contract; the difference may be agreed.
        changed_columns: `+name` and `-name` for columns that differ now and did not in the batch before.
        rules_from_date: ISO date of the rules that the batch was scored by.
    """

    source_table: str
    batch_id: str
    received_at: datetime
    is_refused: bool
    rows: int
    rejected_rows: int
    failed_rows: int
    duplicate_rows: int
    late_rows: int | None
    completeness: float | None
    validity: float | None
    timeliness: float | None
    uniqueness: float | None
    stability: float | None
    score: float | None
    reasons: dict[str, int]
    undeclared_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]
    changed_columns: tuple[str, ...]
    histograms: tuple[Histogram, ...]
    rules_from_date: str

    @property
    def failure_share(self) -> float:
        """Share of the received rows that failed, at admission or after it."""
        came = self.rows + self.rejected_rows
        return (self.failed_rows + self.rejected_rows) / came if came else 0.0

    @property
    def psi(self) -> dict[str, float]:
        """Stability index by column, for the columns that could be compared; the largest first."""
        known = {each.column: each.psi for each in self.histograms if each.psi is not None}
        return dict(sorted(known.items(), key=lambda item: (-item[1], item[0])))

    def record(self) -> dict[str, Any]:
        """The score as it is stored; stored records call histograms `spreads` and their bins `grid`."""
        document = asdict(self)
        histograms = document.pop("histograms")
        return document | {"spreads": [{"grid": each.pop("bins"), **each} for each in histograms]}

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The score that a stored record holds."""
        values: dict[str, Any] = {field.name: record[field.name] for field in fields(cls) if field.name != "histograms"}
        histograms = tuple(
            Histogram(each["column"], each["grid"], tuple(each["counts"]), each["psi"]) for each in record["spreads"]
        )
        lists: dict[str, Any] = {name: tuple(value) for name, value in values.items() if name.endswith("_columns")}
        return cls(**values | lists | {"histograms": histograms, "reasons": dict(record["reasons"])})


def batch_score(
    quality: BatchQuality,
    arrival: Arrival,
    entry: Contract,
    rules: Inspection,
    earlier: Sequence[BatchScore],
    is_refused: bool,
) -> BatchScore:
    """Score a batch.

    Args:
        quality: counts of the batch.
        arrival: facts on the batch before its rows were checked.
        entry: its contract.
        rules: weights of the dimensions, and how far a distribution may move.
        earlier: scores of earlier batches of the table, oldest first.
        is_refused: whether more rows failed than the contract allows.
    """
    reference = [batch for batch in earlier if not batch.is_refused][-rules.reference_batches :]
    known = [each for batch in reference for each in batch.histograms]
    histograms = tuple(replace(each, psi=psi(known, each, rules.min_rows)) for each in quality.histograms)
    late_rows = quality.late_rows if earlier else None
    changed = changed_columns(_columns(arrival), _columns(earlier[-1])) if earlier else ()
    same_columns = 1 - min(1.0, len(changed) / len(entry.columns))
    dimensions = shares(quality, arrival, entry, late_rows, same_columns * _steady(histograms, rules.psi.act))
    torn = quality.by_reason.get(ReasonCode.DUPLICATE_KEY, 0)
    return BatchScore(
        source_table=arrival.source_table,
        batch_id=arrival.batch_id,
        received_at=arrival.received_at,
        is_refused=is_refused,
        rows=quality.rows,
        rejected_rows=sum(arrival.rejected.values()),
        failed_rows=quality.failed_rows,
        duplicate_rows=quality.copies + torn,
        late_rows=late_rows,
        **dimensions,
        score=total(dimensions, rules.weights.model_dump()),
        reasons=_reasons(quality, arrival),
        undeclared_columns=tuple(arrival.undeclared_columns),
        missing_columns=tuple(arrival.missing_columns),
        changed_columns=changed,
        histograms=histograms,
        rules_from_date=rules.valid_from_date.isoformat(),
    )


def shares(
    quality: BatchQuality, arrival: Arrival, entry: Contract, late_rows: int | None, stability: float
) -> dict[str, float | None]:
    """The quality dimensions of a batch, each from 0 to 1; None for one that can't be measured.

    Args:
        late_rows: rows that came late; None if lateness doesn't count.
        stability: 1 if all columns and histograms are as before, 0 if none is.
    """
    rejected = sum(arrival.rejected.values())
    if not quality.rows + rejected:
        return dict.fromkeys(DIMENSIONS)
    required = [name for name, column in entry.stored.items() if column.required]
    missing = sum(quality.by_check.get(f"{name}.{CheckKind.REQUIRED}", 0) for name in required)
    torn = quality.by_reason.get(ReasonCode.DUPLICATE_KEY, 0)
    return {
        "completeness": _kept(missing, quality.rows * len(required)),
        "validity": _kept(quality.failed_rows - torn + rejected, quality.rows + rejected),
        "timeliness": None if late_rows is None else _kept(late_rows, quality.rows),
        "uniqueness": _kept(quality.copies + torn, quality.rows),
        "stability": stability,
    }


def total(dimensions: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """Weighted mean of the dimensions that are known, times 100; None if no known dimension has a weight."""
    known = {name: share for name, share in dimensions.items() if share is not None}
    weight = sum(weights[name] for name in known)
    return 100 * sum(weights[name] * share for name, share in known.items()) / weight if weight else None


def _kept(lost: int, of: int) -> float | None:
    return 1 - lost / of if of else None


def changed_columns(now: Columns, before: Columns) -> tuple[str, ...]:
    """`+name` for each undeclared and `-name` for each missing column, unless the batch before had the same."""
    added, gone = ({*these} - {*others} for these, others in zip(now, before, strict=True))
    return tuple(sorted({f"+{name}" for name in added} | {f"-{name}" for name in gone}))


def _columns(of: Arrival | BatchScore) -> Columns:
    return of.undeclared_columns, of.missing_columns


def _steady(histograms: Sequence[Histogram], act: float) -> float:
    """Mean stability of the columns' histograms, from 1 for unchanged to 0 if each index is at least `act`."""
    known = [max(0.0, 1 - each.psi / act) for each in histograms if each.psi is not None]
    return sum(known) / len(known) if known else 1.0


def _reasons(quality: BatchQuality, arrival: Arrival) -> dict[str, int]:
    both = {
        reason: quality.by_reason.get(reason, 0) + arrival.rejected.get(reason, 0) for reason in map(str, ReasonCode)
    }
    return {reason: count for reason, count in both.items() if count}
