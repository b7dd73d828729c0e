"""Watermarks: the values of a growing column as whole numbers, so that they can be cut into ranges."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from conf.schema.clock import local
from conf.schema.errors import ContractError, PartnerError
from lake.batch import Batch

_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_SECONDS_PER_DAY = 86_400
INSTANT = "timestamp with time zone"
_INTEGERS = ("smallint", "integer", "bigint")
_LITERALS = {
    INSTANT: "TIMESTAMPTZ '{}'",
    "timestamp without time zone": "TIMESTAMP '{}'",
    "date": "DATE '{}'",
    **dict.fromkeys(_INTEGERS, "{}"),
}


@dataclass(frozen=True)
class Axis:
    """The values of a watermark column as positions: microseconds, days or the numbers of a sequence.

    Attributes:
        type: PostgreSQL's type of the column.
    """

    type: str

    def __post_init__(self) -> None:
        if self.type not in _LITERALS:
            raise ContractError(
                f"a watermark can't be {self.type}; it must be one of {', '.join(_LITERALS)}, "
                "and grow with every new or changed row"
            )

    @property
    def counted(self) -> str:
        """Type for values in counts over many rows."""
        return "bigint" if self.type in _INTEGERS else self.type

    def position(self, text: str) -> int:
        """Position of a value in ISO form; a moment with a zone is in UTC.

        Raises:
            PartnerError: the value isn't a possible moment or number, such as `infinity`.
        """
        try:
            if self.type in _INTEGERS:
                return int(text)
            if self.type == "date":
                return date.fromisoformat(text).toordinal()
            return (datetime.fromisoformat(text).replace(tzinfo=None) - _EPOCH) // _MICROSECOND
        except ValueError as error:
            raise PartnerError(
                "the watermark column contains a value that isn't a moment in the years 1 to 9999; ask the partner to "
                "correct it, or name another column"
            ) from error

    def text(self, position: int) -> str:
        """Value at a position, in ISO form; `-infinity` before the year 1."""
        if self.type in _INTEGERS:
            return str(position)
        try:
            day = self.type == "date"
            return (date.fromordinal(position) if day else _EPOCH + position * _MICROSECOND).isoformat()
        except (ValueError, OverflowError):
            return "-infinity"

    def literal(self, position: int) -> str:
        """Value at a position as SQL for a session in UTC; it contains no text from outside."""
        return _LITERALS[self.type].format(self.text(position))

    def at(self, moment: datetime, zone: str) -> int | None:
        """Position of a moment; None on an axis without time.

        Args:
            moment: a moment with any zone of its own.
            zone: zone of the values on an axis without zones.
        """
        if self.type in _INTEGERS:
            return None
        shown = local(moment, "UTC" if self.type == INSTANT else zone).replace(tzinfo=None)
        return shown.toordinal() if self.type == "date" else (shown - _EPOCH) // _MICROSECOND

    def distance(self, overlap: int) -> int:
        """An overlap, in seconds or numbers of a sequence, as a distance between positions."""
        if self.type in _INTEGERS:
            return overlap
        return -(-overlap // _SECONDS_PER_DAY) if self.type == "date" else overlap * 1_000_000


@dataclass(frozen=True)
class Count:
    """Rows of a range of positions, which begins where the one before it ends.

    Attributes:
        end: last position of the range.
        rows: number of rows.
        sum: sum over keyed hashes of their watermarks.
    """

    end: int
    rows: int
    sum: int


@dataclass(frozen=True)
class Watermark:
    """The position up to which a source has been read.

    Attributes:
        at: last value of the watermark.
        overlap: keyed digest of the rows in the overlap before it; if it changes, rows came late.
        number: number of earlier marks.
        counts: counts of the rows before the overlap, by range; if one changes, rows came even later.
    """

    at: str
    overlap: str
    number: int = 0
    counts: tuple[Count, ...] = ()

    def __str__(self) -> str:
        counts = [[count.end, count.rows, count.sum] for count in self.counts]
        return json.dumps(asdict(self) | {"counts": counts})


def marks(finished: Iterable[Batch]) -> list[Watermark]:
    """The marks of finished batches; watermarks of other kinds of connection are left out."""
    texts = [batch.watermark or "" for batch in finished]
    return [_mark(json.loads(text)) for text in texts if text.startswith("{")]


def _mark(stated: dict) -> Watermark:
    counts = tuple(Count(*count) for count in stated.get("counts", ()))
    return Watermark(stated["at"], stated["overlap"], stated.get("number", 0), counts)


def ranges(low: int, high: int, number: int) -> list[tuple[int, int]]:
    """Divide the positions above `low` up to `high` into at most `number` ranges of about the same width."""
    bounds = sorted({low + (high - low) * i // number for i in range(number + 1)}) if high > low else []
    return list(pairwise(bounds))


def joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order; those that touch or overlap are merged."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
