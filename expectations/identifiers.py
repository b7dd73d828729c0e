"""The checks of `conf.schema.identifiers` as PySpark expressions: no UDF, so they run on millions of rows.

Each takes a column in canonical form (see `normalised`); null in, null out.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add

from pyspark.sql import Column
from pyspark.sql import functions as F

from conf.schema import identifiers as ids


def normalised(text: Column) -> Column:
    """An identifier in canonical form, see `conf.schema.identifiers.normalised`."""
    return F.upper(F.translate(F.trim(text, F.lit(ids.AROUND_NUMBERS)), ids.FULL_WIDTH, ids.HALF_WIDTH))


def plain_number(text: Column) -> Column:
    """A number of an account, household, parcel etc. in canonical form, see `conf.schema.identifiers.plain_number`."""
    clean = F.trim(F.regexp_replace(text, f"[{ids.INVISIBLE}]", ""), F.lit(ids.AROUND_NUMBERS))
    clean = F.translate(clean, ids.WIDE, ids.NARROW)
    joined = F.when(_matches(clean, ids.GROUPED_NUMBER), F.regexp_replace(clean, "[^0-9]", "")).otherwise(clean)
    # nearly every number is plain already, and then this test is the only cost
    return F.when(_matches(text, ids.PLAIN_NUMBER), text).otherwise(F.nullif(joined, F.lit("")))


def is_number_as_float(text: Column) -> Column:
    """Whether a canonical number is written as a float, see `conf.schema.identifiers.is_number_as_float`."""
    return _matches(text, ids.NUMBER_AS_FLOAT) & ~_matches(text, "[0-9]+")


def is_dirty_number(text: Column) -> Column:
    """Whether a number has characters that no number has, see `conf.schema.identifiers.is_dirty_number`."""
    return text.rlike(f"[{ids.NOT_IN_NUMBERS}]")


def is_valid_resident_id(text: Column, on: Column | None = None) -> Column:
    """Whether a resident ID is well formed (GB 11643).

    The first 17 digits are taken as one number n. Their weights are 2 ** 17 to 2 ** 1 mod 11, and the sum of each
    digit times its power of two is 2 n - 8 * (sum of 2 ** k * (n div 10 ** k) for k = 1 to 16), so each takes one
    division. The terms that use n stand left of the pattern, because engines share a subexpression only where it is
    always evaluated.

    Args:
        text: 18 characters in canonical form.
        on: date after which a birth date lies in the future; None doesn't check this.
    """
    number = F.substring(text, 1, 17).try_cast("long")
    terms = [F.call_function("div", number, F.lit(10**k)) * 2 ** (k + 2) for k in range(1, 17)]
    check = _pick(ids.RESIDENT_ID_CHECKS, (number - reduce(add, terms)) % 11 * 2 % 11)
    year, month, day = _digits(number, 7, 4), _digits(number, 5, 2), _digits(number, 3, 2)
    sound = (F.substring(text, 18, 1) == check) & (day <= _days(year, month))
    if on is not None:
        sound &= _digits(number, 3, 8) <= F.year(on) * 10000 + F.month(on) * 100 + F.dayofmonth(on)
    return sound & _matches(text, ids.RESIDENT_ID.pattern)


def is_valid_credit_code(text: Column) -> Column:
    """Whether a unified social credit code is well formed (GB 32100), its organisation code included (GB 11714)."""
    whole = _weighted(text, ids.CREDIT_CODE_ALPHABET, ids.CREDIT_CODE_WEIGHTS)
    organisation = _weighted(text, ids.ORGANISATION_ALPHABET, ids.ORGANISATION_WEIGHTS, start=9)
    return (
        _matches(text, ids.CREDIT_CODE.pattern)
        & (F.substring(text, 17, 1) == _pick(ids.ORGANISATION_CHECKS, organisation % 11))
        & (F.substring(text, 18, 1) == _pick(ids.CREDIT_CODE_ALPHABET, (31 - whole % 31) % 31))
    )


def is_valid_house_unit_no(text: Column) -> Column:
    """Whether a real-estate unit number is well formed: 28 characters (GB/T 37346)."""
    return _matches(text, ids.HOUSE_UNIT.pattern)


def is_valid_parcel_code(text: Column) -> Column:
    """Whether a parcel code is well formed: issuer 14 + 5 digits (GB/T 35958)."""
    return _matches(text, ids.PARCEL.pattern)


def is_valid_division_code(text: Column) -> Column:
    """Whether a statistical division code is well formed: county 6, town 3 (001-399), village 3."""
    return _matches(text, ids.DIVISION.pattern)


FORMATS: dict[str, Callable[[Column], Column]] = {
    "resident_id": is_valid_resident_id,
    "credit_code": is_valid_credit_code,
    "house_unit_no": is_valid_house_unit_no,
    "parcel_code": is_valid_parcel_code,
    "division_code": is_valid_division_code,
}


def _matches(text: Column, pattern: str) -> Column:
    return text.rlike(rf"^(?:{pattern})\z")


def _digits(number: Column, skip: int, count: int) -> Column:
    """Decimal digits of a number: `count` of them, left of the last `skip`."""
    return F.call_function("div", number, F.lit(10**skip)) % 10**count


def _days(year: Column, month: Column) -> Column:
    """Days of a month."""
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    february = F.when(is_leap, 29).otherwise(28)
    return F.when(month == 2, february).when(month.isin(4, 6, 9, 11), 30).otherwise(31)


def _weighted(text: Column, alphabet: str, weights: Sequence[int], start: int = 1) -> Column:
    """Weighted sum of consecutive characters, each counted as its index in an alphabet."""
    terms = [
        (F.instr(F.lit(alphabet), F.substring(text, start + i, 1)) - 1) * weight for i, weight in enumerate(weights)
    ]
    return sum(terms[1:], terms[0])


def _pick(characters: str, index: Column) -> Column:
    return F.lit(characters).substr(index.cast("int") + 1, F.lit(1))
