"""Converts text columns to the types that a contract declares.

The two engines disagree on what a cast accepts (`1e3`, `on`, `10:00`, dates with a time, full-width digits). So a text
must first match a grammar of our own, and only texts that both engines read alike are cast. A text that can't be read
becomes null, never an error, because an ANSI cast error would print the value.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from conf.schema import clock, contract, parse, record_key
from conf.schema.identifiers import BLANKS
from expectations.identifiers import normalised

RECEIVED_AT = "_received_at"
RAW = "_raw"  # struct of the contract's columns as received

_DAY = r"[1-9][0-9]{3}-[0-9]{1,2}-[0-9]{1,2}"
_MIDNIGHT = r"[T ]00:00(?::00(?:\.0+)?)?"
_SECOND = r":[0-9]{1,2}(?:\.[0-9]{1,9})?"
_OFFSET = r"[+-](?:0[0-9]|1[0-4])(?::?[0-5][0-9])?"
# the usual form of a moment, which both engines cast; and other forms, which are rewritten to it first
_MOMENT = rf"{_DAY}(?:[T ][0-9]{{1,2}}:[0-9]{{1,2}}(?:{_SECOND}(?:Z|{_OFFSET})?)?)?"
_VARIANT = rf"({_DAY})[Tt ]([0-9]{{1,2}}:[0-9]{{1,2}})({_SECOND})? ?([Zz]|{_OFFSET})?"
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
# group 1 is cast; a whole number may end in `.0`, as pandas writes it in a column with missing values
_GRAMMAR = {
    "int": r"([+-]?[0-9]+)(?:\.0*)?",
    "long": r"([+-]?[0-9]+)(?:\.0*)?",
    "decimal": rf"({_NUMBER})",
    "double": rf"({_NUMBER}(?:[eE][+-]?[0-9]+)?)",
    "date": rf"({_DAY})(?:{_MIDNIGHT})?",
}
_TRUE = ("true", "t", "yes", "y", "1", "是")
_FALSE = ("false", "f", "no", "n", "0", "否")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PIVOT = 69  # two-digit years 69-99 are of the 20th century, 00-68 of the 21st, as in POSIX strptime


@dataclass(frozen=True)
class Zones:
    """Time zones by which moments are read.

    Attributes:
        written: zone of a text that names none.
        bank: zone in which days are counted; a moment that falls into the year 10000 there can't be read.
    """

    written: str = "UTC"
    bank: str = "UTC"


IN_UTC = Zones()


def typed(frame: DataFrame, entry: contract.Contract, zones: Zones = IN_UTC) -> DataFrame:
    """Read the text columns of a contract as their declared types.

    Args:
        frame: bronze rows; the contract's stored columns are strings. `_received_at` is needed if the contract says
            when a row was published.
        entry: the contract.
        zones: time zones for its moments.

    Returns:
        The same rows: the contract's columns typed, all other columns unchanged, and `_raw`, a struct of the
        contract's columns as received.
    """
    others = [name for name in frame.columns if name not in entry.stored]
    values = {name: value(F.col(name), column, zones) for name, column in entry.stored.items()}
    if name := entry.published:
        values[name] = _published(F.col(name), entry.columns[name], zones)
    return frame.select(*others, *(each.alias(n) for n, each in values.items()), F.struct(*entry.stored).alias(RAW))


def with_record_key(frame: DataFrame, entry: contract.Contract) -> DataFrame:
    """Add a record key made from the row, if the contract asks for one: SHA-256 of its texts as received.

    Blanks around a value don't count. An empty column is left out, so that rows received before the column was
    declared keep their key.

    Args:
        frame: as `typed` returns it.
    """
    if not entry.key_parts:
        return frame
    texts = {name: F.col(name) if name == "subject_key" else text(F.col(f"{RAW}.{name}")) for name in entry.key_parts}
    parts = [F.when(each.isNotNull(), F.concat(F.lit(f"{name}="), each)) for name, each in texts.items()]
    return frame.withColumn(record_key.NAME, F.sha2(F.concat_ws("\x1f", *parts), 256))


def text(raw: Column) -> Column:
    """Text without blanks around it (the ideographic space is one); null if nothing is left."""
    return F.nullif(F.trim(raw, F.lit(BLANKS)), F.lit(""))


def value(raw: Column, column: contract.Column, zones: Zones = IN_UTC) -> Column:
    """Text converted to the type of a column; null if it is empty or can't be read.

    The session's time zone must be UTC. A decimal is rounded half up to its scale. Fractions of a second are cut after
    microseconds, not rounded, so that no moment moves to the next day.
    """
    cell = text(raw)
    if column.parse == "words":
        return _words(cell)
    if column.parse == "hex":
        return F.lower(normalised(cell))
    if column.parse == "money":
        cell = _without(parse.MONEY_SIGNS, cell, parse.MONEY)
    elif column.parse == "decimal_comma":
        cell = F.regexp_replace(_without(parse.COMMA_SIGNS, cell, parse.DECIMAL_COMMA), ",", ".")
    elif column.parse:
        cell = _iso(cell, column.parse)
    if column.type == "string":
        return cell
    if column.type == "boolean":
        return F.when(F.lower(cell).isin(*_TRUE), True).when(F.lower(cell).isin(*_FALSE), False)
    if column.type == "timestamp":
        return _moment(cell, zones)
    kind = column.type.split("(")[0]
    cast = F.regexp_extract(cell, rf"^{_GRAMMAR[kind]}\z", 1).try_cast(column.type)
    if kind == "decimal":  # one engine writes doubles from 10 million on as 1.0E7, which the other can't cast
        return F.coalesce(cast, _double(cell).try_cast(column.type))
    return _double(cell) if kind == "double" else cast


def _without(signs: str, cell: Column, grammar: str) -> Column:
    """A number without the given signs; null if the text doesn't match the grammar."""
    return F.regexp_replace(F.when(cell.rlike(rf"^(?:{grammar})\z"), cell), signs, "")


def _words(cell: Column) -> Column:
    """A list of names separated by `;`, normalised: lower case, half width, no blanks, no empty or repeated names."""
    parted = F.regexp_replace(F.lower(normalised(cell)), f"[;；,，、{BLANKS} \t\r\n]+", ";")
    return text(F.array_join(F.array_distinct(F.split(F.trim(parted, F.lit(";")), ";")), ";"))


def _moment(cell: Column, zones: Zones) -> Column:
    """Text converted to a moment: by its own zone if it names one, else by the clocks of `zones.written`."""
    day, minute, second, offset = (F.regexp_extract(cell, rf"^{_VARIANT}\z", i) for i in range(1, 5))
    variant = F.concat(day, F.lit(" "), minute, F.when(second == "", ":00").otherwise(second), F.upper(offset))
    written = F.when(cell.rlike(rf"^{_MOMENT}\z"), cell).otherwise(variant)
    shown = written.try_cast("timestamp")
    has_zone = F.substring(written, 9, 40).rlike("[Z+-]")  # looks after the hyphens of the date
    moment = F.when(has_zone, shown).otherwise(_instant(shown, zones.written))
    return F.when(moment <= F.lit(clock.latest(zones.bank)), moment)


def _published(raw: Column, column: contract.Column, zones: Zones) -> Column:
    """A moment of publication; a day without a time counts as its end, or as the receipt if that is earlier.

    At which time of the day the row was there isn't known. An earlier moment would let features see it too soon.
    """
    cell = _iso(text(raw), column.parse) if column.parse else text(raw)
    is_day = F.lit(not _has_time(column.parse)) if column.parse else cell.rlike(rf"^{_DAY}\z")
    begin, received = _moment(cell, zones), F.col(RECEIVED_AT)
    end = _moment(F.concat(F.regexp_extract(cell, rf"^({_DAY})", 1), F.lit(" 23:59:59.999999")), zones)
    return F.when(is_day & (begin < received), F.least(end, received)).otherwise(begin)


def _has_time(pattern: str) -> bool:
    return "H" in {field[0] for field in parse.fields(parse.tokens(pattern))}


def _instant(shown: Column, zone: str) -> Column:
    """The moment at which the clocks of a zone show a timestamp, like `conf.schema.clock.zoned`."""
    if zone == "UTC":
        return shown
    converted = F.to_utc_timestamp(shown, zone)
    if (ends := clock.rules_end(zone)) is None:
        return converted
    end, offset = ends
    later = shown - F.expr(f"INTERVAL {offset // timedelta(seconds=1)} SECONDS")
    return F.when(shown < F.lit(end + offset), converted).otherwise(later)


def _double(cell: Column) -> Column:
    number = F.regexp_extract(cell, rf"^{_GRAMMAR['double']}\z", 1).try_cast("double")
    return F.when(F.abs(number) < float("inf"), number)


def _iso(cell: Column, pattern: str) -> Column:
    """A date (and time) in a pattern, rewritten as ISO 8601; null if it doesn't match the pattern."""
    tokens = parse.tokens(pattern)
    fields = parse.fields(tokens)
    grammar = "".join(parse.FIELDS.get(token) or re.escape(token.strip("'")) for token in tokens)
    parts = {field[0]: _number(F.regexp_extract(cell, rf"^{grammar}\z", i), field) for i, field in enumerate(fields, 1)}
    day = F.concat_ws("-", parts["y"], parts["M"], parts["d"])
    clock = F.concat_ws(":", *(parts.get(part, F.lit("00")) for part in "Hms"))
    return F.when(cell.rlike(rf"^{grammar}\z"), F.concat_ws(" ", day, clock))


def _number(part: Column, field: str) -> Column:
    """A field of a date as digits."""
    if field == "yy":
        return F.concat(F.when(part >= str(_PIVOT), "19").otherwise("20"), part)
    if field == "MMM":
        months = F.create_map(*(F.lit(item) for n, name in enumerate(_MONTHS, 1) for item in (name, str(n))))
        return F.try_element_at(months, F.lower(part))
    return part
