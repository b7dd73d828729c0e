"""Days: which calendar day a moment is on, and when a day begins, in a zone of the IANA time zone database.

Moments are stored in UTC; a day always belongs to a named zone. Python and both engines follow the same rules; for the
engines they are written as SQL here:

- a local time that summer time skips is read with the offset before the change, so it moves on by the skipped time;
- a local time that occurs twice means the first of the two moments;
- from 2100 on a zone keeps the offset that it has at the start of that year. Nobody knows its rules for then, and not
  all libraries continue the present ones.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

_RULES_END = datetime(2100, 1, 1, tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def _known(name: str) -> str:
    # other short names (`PRC`, `localtime`) are unknown to some engines, or mean the machine's own zone
    if name != "UTC" and ("/" not in name or name not in available_timezones()):
        raise ValueError("a time zone is Area/City of the IANA database, such as Asia/Shanghai, or UTC")
    return name


ZoneName = Annotated[str, AfterValidator(_known)]


def day(moment: datetime, zone: str) -> date:
    """The calendar day of a moment in a zone.

    Args:
        moment: a moment with any time zone of its own.
        zone: name of a zone, such as Asia/Shanghai.
    """
    return local(moment, zone).date()


def local(moment: datetime, zone: str) -> datetime:
    """A moment as the clocks of a zone show it."""
    return moment.astimezone(_final(zone) if moment >= _RULES_END else ZoneInfo(zone))


def minute(written: str) -> str:
    """A moment in ISO 8601 with its offset, shortened to the minute for people; other texts are returned unchanged."""
    try:
        return f"{datetime.fromisoformat(written):%Y-%m-%d %H:%M %z}".rstrip()
    except ValueError:
        return written


def day_of_text(written: str, zone: str) -> str:
    """The day in a zone of a moment in ISO 8601, in UTC if it has no offset; other texts are returned unchanged."""
    try:
        return day(zoned(datetime.fromisoformat(written), "UTC"), zone).isoformat()
    except ValueError:
        return written


def midnight(day: date, zone: str) -> datetime:
    """The first moment of a day in a zone, UTC; if summer time skips midnight, the first moment after it."""
    return zoned(datetime.combine(day, time()), zone)


def zoned(moment: datetime, zone: str) -> datetime:
    """A moment in UTC; a moment without a zone is read in `zone`."""
    if moment.tzinfo is None:
        final = moment.replace(tzinfo=_final(zone))
        moment = final if final >= _RULES_END else moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)


def latest(zone: str) -> datetime:
    """The last moment that has a year of four digits both in UTC and in a zone."""
    return _LAST - max(_final(zone).utcoffset(None), timedelta())


def rules_end(zone: str) -> tuple[datetime, timedelta] | None:
    """The moment from which a zone keeps one fixed offset, and that offset; None if it has no summer time by then.

    Returns:
        The moment, UTC, and the offset.
    """
    return (_RULES_END, _final(zone).utcoffset(None)) if _has_summer_time(zone) else None


def local_sql(moment: str, zone: str) -> str:
    """Spark SQL of `local`, for a session in UTC: a timestamp whose fields are those of the zone's clocks.

    Args:
        moment: SQL of a timestamp.
        zone: such as Asia/Shanghai.
    """
    return moment if zone == "UTC" else _by_rules(moment, zone, f"FROM_UTC_TIMESTAMP({moment}, '{zone}')", +1)


def zoned_sql(clock: str, zone: str) -> str:
    """Spark SQL of `zoned`, for a session in UTC.

    Args:
        clock: SQL of a timestamp whose fields are those of the zone's clocks.
        zone: such as Asia/Shanghai.
    """
    return clock if zone == "UTC" else _by_rules(clock, zone, f"TO_UTC_TIMESTAMP({clock}, '{zone}')", -1)


def _by_rules(moment: str, zone: str, converted: str, sign: int) -> str:
    if (ends := rules_end(zone)) is None:
        return converted
    end, offset = ends
    limit = end if sign > 0 else end + offset
    shift = f"INTERVAL {sign * offset // timedelta(seconds=1)} SECONDS"
    return f"CASE WHEN {moment} < TIMESTAMP'{limit:%Y-%m-%d %H:%M:%S}' THEN {converted} ELSE {moment} + {shift} END"


def _final(zone: str) -> timezone:
    """The fixed offset of a zone from the moment when its rules end."""
    return timezone(_RULES_END.astimezone(ZoneInfo(zone)).utcoffset() or timedelta())


def _has_summer_time(zone: str) -> bool:
    """Whether a zone still changes its clocks in the last year with rules."""
    return len({datetime(2099, month, 1, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)}) > 1
