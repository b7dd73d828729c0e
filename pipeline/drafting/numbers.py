"""The form of a file's numbers: with decimal point or decimal comma; often only the whole file shows which."""

import re
from collections.abc import Collection, Iterable

from conf.schema import parse

_NUMBER, _WHOLE = re.compile(r"[+-]?[0-9]{1,15}\.[0-9]{1,9}"), re.compile(r"[+-]?(?:0|[1-9][0-9]{0,17})")
_MONEY, _COMMA = re.compile(parse.MONEY), re.compile(parse.DECIMAL_COMMA)
MONEY, DECIMAL_COMMA = "money", "decimal_comma"


def has_decimal_comma(columns: Iterable[Collection[str]], delimiter: str) -> bool:
    """Whether a file has decimal commas: by columns that fit only one form, else by the delimiter."""
    ways = {(_is_pointed(values), _is_comma(values)) for values in columns if values}
    points, commas = (True, False) in ways, (False, True) in ways
    return commas if points != commas else delimiter == ";"


def guess(values: Collection[str], has_comma: bool) -> tuple[str, str | None, bool] | None:
    """Type and `parse` of numbers, and whether another reading fits, too; None if they aren't numbers.

    Args:
        has_comma: whether the file has decimal commas, which decides if both forms fit.
    """
    if all(map(_WHOLE.fullmatch, values)):
        return ("int" if max(len(value.lstrip("+-")) for value in values) <= 9 else "long"), None, False
    is_pointed, is_comma = _is_pointed(values), _is_comma(values)
    if is_comma and (has_comma or not is_pointed):
        return _decimal([pointed(value, DECIMAL_COMMA) for value in values]), DECIMAL_COMMA, is_pointed
    if not is_pointed:
        return None
    way = None if all(_WHOLE.fullmatch(value) or _NUMBER.fullmatch(value) for value in values) else MONEY
    return _decimal([pointed(value, way) for value in values]), way, is_comma


def pointed(text: str, way: str | None) -> str:
    """A number with a decimal point and no groups, by the `parse` of its column."""
    if way == DECIMAL_COMMA:
        return re.sub(parse.COMMA_SIGNS, "", text).replace(",", ".")
    return re.sub(parse.MONEY_SIGNS, "", text)


def _is_pointed(values: Collection[str]) -> bool:
    return all(
        _WHOLE.fullmatch(value) or _NUMBER.fullmatch(value) or (re.search("[$¥￥,]", value) and _MONEY.fullmatch(value))
        for value in values
    )


def _is_comma(values: Collection[str]) -> bool:
    return all(
        _WHOLE.fullmatch(value) or (re.search("[^0-9+-]", value) and _COMMA.fullmatch(value)) for value in values
    )


def _decimal(values: Collection[str]) -> str:
    whole, parts = zip(*(value.lstrip("+-").partition(".")[::2] for value in values), strict=True)
    scale = max(map(len, parts))
    return f"decimal({max(map(len, whole)) + 3 + scale},{scale})"
