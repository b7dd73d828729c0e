"""What a partner's table holds up to a position of its watermark, to notice what came or went there since.

A row that is committed later than the overlap reaches stands below the watermark and would never be read. So the
number of rows before the overlap is kept with each watermark, range by range, and a sum over their watermarks, for
another row may have gone meanwhile; one query counts them again, without a look at anything but the watermark column.
"""

import hmac
from collections.abc import Sequence
from itertools import pairwise, takewhile

from adbc_driver_postgresql import dbapi

from pipeline.ingest.database.connection import qualified, quoted
from pipeline.ingest.database.table import PartnerTable
from pipeline.ingest.database.watermark import Count, ranges

_MOST = 64  # ranges that are kept; the more there are, the less is read again for one late row
_LARGE = 1 << 32
_PIECES, _SHARE = 16, 8  # a range that holds more than an eighth of all rows is counted in so many pieces


def digest(cursor: dbapi.Cursor, table: PartnerTable, low: int, high: int, key: bytes) -> str:
    """Keyed digest of the rows of a range, whatever their order."""
    row = ", ".join(quoted(theirs) for theirs in table.ours.values())
    hashed = f"hashtextextended(ROW({row})::text, 0)"
    cursor.execute(f"SELECT count(*)::text, coalesce(sum({hashed}), 0)::text {table.within(low, high)}")
    (totals,) = cursor.fetchall()
    return hmac.digest(key, ":".join(totals).encode(), "sha256").hex()


def ends(known: Sequence[Count], first: int, high: int) -> list[int]:
    """Where the ranges end in which rows are counted: as before, but finer where most rows are, and up to a position.

    At first it is one range, which is counted in half of the time: whoever reads everything has enough to do.

    Args:
        first: position of the first row.
    """
    total, low, bounds = sum(count.rows for count in known), first - 1, []
    for count in known:
        pieces = _PIECES if count.rows * _SHARE > total else 1
        bounds += [end for _, end in ranges(low, count.end, pieces)] or [count.end]
        low = max(low, count.end)
    return bounds if bounds and high <= bounds[-1] else [*bounds, high]


def counts(cursor: dbapi.Cursor, table: PartnerTable, ends: Sequence[int], key: bytes) -> list[Count]:
    """Count the rows of ranges.

    Args:
        ends: last position of each range, ascending; the first begins before all rows.
        key: of the sums, which say nothing without it.
    """
    column, axis = quoted(table.watermark), table.axis
    seed = int.from_bytes(hmac.digest(key, table.name.encode(), "sha256")[:7])
    starts, kind = ", ".join(axis.literal(end + 1) for end in ends[:-1]), axis.counted
    at = f"width_bucket({column}::{kind}, ARRAY[{starts}]::{kind}[])" if starts else "0"
    cursor.execute(
        f"SELECT {at}, count(*), (sum(hashtextextended({column}::text, {seed})) % {_LARGE})::bigint "
        f"FROM {qualified(table.name)} WHERE {column} <= {axis.literal(ends[-1])} GROUP BY 1"
    )
    counted = {number: (rows, total % _LARGE) for number, rows, total in cursor.fetchall()}
    return [Count(end, *counted.get(number, (0, 0))) for number, end in enumerate(ends)]


def changed(before: Sequence[Count], now: Sequence[Count], first: int) -> list[tuple[int, int]]:
    """Ranges that hold other rows than before.

    Args:
        before: as they were.
        now: as they are, in the same ranges or pieces of them, and maybe later ones.
        first: position of the first row.
    """
    starts = [min([first, *(count.end for count in before[:1])]) - 1, *(count.end for count in before)]
    return [(low, be.end) for low, was, be in zip(starts, before, _whole(now, before), strict=False) if was != be]


def moved(before: Sequence[Count], now: Sequence[Count]) -> tuple[int, int]:
    """How many rows came at least in ranges that have more of them, and went from those that have fewer."""
    differences = [be.rows - was.rows for was, be in zip(before, _whole(now, before), strict=True)]
    return sum(n for n in differences if n > 0), -sum(n for n in differences if n < 0)


def kept(counted: Sequence[Count]) -> tuple[Count, ...]:
    """As many ranges as are kept: neighbours with the fewest rows become one."""
    left = list(counted)
    while len(left) > _MOST:
        pairs = [one.rows + other.rows for one, other in pairwise(left)]
        at = pairs.index(min(pairs))
        one, other = left[at : at + 2]
        left[at : at + 2] = [Count(other.end, one.rows + other.rows, (one.sum + other.sum) % _LARGE)]
    return tuple(left)


def _whole(pieces: Sequence[Count], ranges_before: Sequence[Count]) -> list[Count]:
    """The ranges that pieces make up."""
    wholes, left = [], list(pieces)
    for end in (count.end for count in ranges_before):
        inside = list(takewhile(lambda piece, end=end: piece.end <= end, left))
        left = left[len(inside) :]
        wholes.append(Count(end, sum(one.rows for one in inside), sum(one.sum for one in inside) % _LARGE))
    return wholes
