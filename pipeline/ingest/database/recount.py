"""Counts the rows of a partner's table before a position of its watermark, to notice rows that came or went since.

A row that is committed later than the overlap reaches is below the watermark and would never be read. So each watermark
is stored with the number of rows before the overlap, range by range, and with a sum over their watermarks, because
another row may have gone meanwhile. One query counts them again; it reads only the watermark column.
"""

import hmac
from collections.abc import Sequence
from itertools import pairwise, takewhile

from adbc_driver_postgresql import dbapi

from pipeline.ingest.database.connection import qualified, quoted
from pipeline.ingest.database.table import PartnerTable
from pipeline.ingest.database.watermark import Count, ranges

_MOST = 64  # number of stored ranges; with more ranges, less is read again for one late row
_LARGE = 1 << 32
_PIECES, _SHARE = 16, 8  # a range with more than an eighth of all rows is counted in so many pieces


def digest(cursor: dbapi.Cursor, table: PartnerTable, low: int, high: int, key: bytes) -> str:
    """Keyed digest of the rows of a range; it doesn't depend on their order."""
    row = ", ".join(quoted(theirs) for theirs in table.ours.values())
    hashed = f"hashtextextended(ROW({row})::text, 0)"
    cursor.execute(f"SELECT count(*)::text, coalesce(sum({hashed}), 0)::text {table.within(low, high)}")
    (totals,) = cursor.fetchall()
    return hmac.digest(key, ":".join(totals).encode(), "sha256").hex()


def ends(known: Sequence[Count], first: int, high: int) -> list[int]:
    """Ends of the ranges in which rows are counted: the known ones, finer where most rows are, up to `high`.

    The first count has only one range, which takes half of the time, because the first pull reads everything anyway.

    Args:
        known: counts that were stored before.
        first: position of the first row.
        high: position where the last range ends.
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
        ends: last position of each range, ascending; the first range begins before all rows.
        key: key of the sums, without which they reveal nothing.
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
    """Ranges whose rows have changed.

    Args:
        before: earlier counts.
        now: present counts, of the same ranges or pieces of them, and possibly of later ranges.
        first: position of the first row.
    """
    starts = [min([first, *(count.end for count in before[:1])]) - 1, *(count.end for count in before)]
    return [(low, be.end) for low, was, be in zip(starts, before, _whole(now, before), strict=False) if was != be]


def moved(before: Sequence[Count], now: Sequence[Count]) -> tuple[int, int]:
    """Lowest number of rows that came, from ranges with more rows, and that went, from ranges with fewer."""
    differences = [be.rows - was.rows for was, be in zip(before, _whole(now, before), strict=True)]
    return sum(n for n in differences if n > 0), -sum(n for n in differences if n < 0)


def kept(counted: Sequence[Count]) -> tuple[Count, ...]:
    """The ranges to store: neighbours with the fewest rows are merged until few enough are left."""
    left = list(counted)
    while len(left) > _MOST:
        pairs = [one.rows + other.rows for one, other in pairwise(left)]
        at = pairs.index(min(pairs))
        one, other = left[at : at + 2]
        left[at : at + 2] = [Count(other.end, one.rows + other.rows, (one.sum + other.sum) % _LARGE)]
    return tuple(left)


def _whole(pieces: Sequence[Count], ranges_before: Sequence[Count]) -> list[Count]:
    """The counts of earlier ranges, summed over their pieces."""
    wholes, left = [], list(pieces)
    for end in (count.end for count in ranges_before):
        inside = list(takewhile(lambda piece, end=end: piece.end <= end, left))
        left = left[len(inside) :]
        wholes.append(Count(end, sum(one.rows for one in inside), sum(one.sum for one in inside) % _LARGE))
    return wholes
