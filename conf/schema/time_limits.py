"""Limits of moments: a limit that is a day includes the whole day, by the clocks of a zone."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from conf.schema.clock import latest, midnight, zoned
from conf.schema.column import Column
from conf.schema.errors import ContractError

_DAY = timedelta(days=1)


def in_zone(columns: Mapping[str, Column], zone: str, who: str) -> dict[str, Column]:
    """The columns, with each limit of a moment as a moment.

    Args:
        who: begin of the error's text.

    Raises:
        ContractError: a limit is neither a day nor a moment.
    """
    limited = {n: c for n, c in columns.items() if c.type == "timestamp" and (c.min or c.max)}
    stated = {n: {end: _limit(c, n, end, zone, who) for end in ("min", "max")} for n, c in limited.items()}
    return {n: c.model_copy(update=stated.get(n, {})) for n, c in columns.items()}


def _limit(column: Column, name: str, end: str, zone: str, who: str) -> str | None:
    limit = getattr(column, end)
    if limit is None:
        return None
    try:
        moment = zoned(datetime.fromisoformat(str(limit)), zone)
    except (ValueError, OverflowError) as error:
        raise ContractError(
            f"{who}: the {end} of {name} isn't a day or moment in ISO 8601; write it as 2015-01-01"
        ) from error
    if end == "max" and re.fullmatch(r"\d{4}-\d\d-\d\d", str(limit)):
        last = date.fromisoformat(str(limit))
        moment = latest(zone) if last == date.max else midnight(last + _DAY, zone) - timedelta.resolution
    return moment.isoformat()
