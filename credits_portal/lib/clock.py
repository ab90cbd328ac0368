"""The one source of time. Call it through the module, so that a test can move it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)


def zone() -> ZoneInfo:
    """Return the programme's time zone (PORTAL_TIME_ZONE)."""
    return ZoneInfo(settings.PORTAL_TIME_ZONE)


def day_of(moment: datetime) -> date:
    """Return the calendar date of an aware `moment` in the programme's zone."""
    return moment.astimezone(zone()).date()


def today() -> date:
    """Return today's date in the programme's zone."""
    return day_of(now())


def start_of(day: date) -> datetime:
    """Return the first moment of `day` in the programme's zone, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone()).astimezone(UTC)
