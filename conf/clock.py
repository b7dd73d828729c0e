"""Days: which calendar day a moment is on, and when a day begins, in a zone of the IANA time zone database.

Moments are stored in UTC; a day is always one of a zone that is named. The engines' reading of the same rules is
`expectations/zoned.py`.
"""

from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator


def _known(name: str) -> str:
    # the other short names (`PRC`, `localtime`) aren't known to every engine, or stand for the machine's own zone
    if name != "UTC" and ("/" not in name or name not in available_timezones()):
        raise ValueError("a time zone is Area/City of the IANA database, such as Asia/Shanghai, or UTC")
    return name


ZoneName = Annotated[str, AfterValidator(_known)]


def day(moment: datetime, zone: str) -> date:
    """The calendar day of a moment in a zone.

    Args:
        moment: with a time zone of its own, whichever.
        zone: such as Asia/Shanghai.
    """
    return moment.astimezone(ZoneInfo(zone)).date()


def midnight(day: date, zone: str) -> datetime:
    """The first moment of a day in a zone, UTC; where summer time skips midnight, the first that there is."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def zoned(moment: datetime, zone: str) -> datetime:
    """A moment in UTC; one that is written without a zone is read in the zone that is given.

    A time that summer time skips is read by the offset before the change, one that comes twice as the first.
    """
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
