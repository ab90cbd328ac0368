"""Months, and spans of days of which either end may be open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

from credits_portal.lib import clock
from credits_portal.lib.formats import day as shown_day

MONTHS_SHOWN = 12


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, both inclusive; None is open."""

    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        """Return the period in words."""
        if self.first and self.last:
            terms = {"first": shown_day(self.first), "last": shown_day(self.last)}
            return _("%(first)s to %(last)s") % terms
        if self.first:
            return _("since %(first)s") % {"first": shown_day(self.first)}
        if self.last:
            return _("until %(last)s") % {"last": shown_day(self.last)}
        return _("from the beginning until today")

    @property
    def first_day(self) -> date:
        """Return where it begins; long ago where that is open."""
        return self.first or date(2000, 1, 1)

    @property
    def day_after(self) -> date:
        """Return the day after its last one; far ahead where that is open."""
        return self.last + timedelta(days=1) if self.last else date(9999, 1, 1)


EVER = Period()


def first_of(day: date, months_before: int = 0) -> date:
    """Return the first day of the month that lies so many months before that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 - months_before, 12)
    return date(year, month + 1, 1)


def last_year() -> Period:
    """Return the twelve months that end today, beginning with a month's first day."""
    return Period(first_of(clock.today(), MONTHS_SHOWN - 1), clock.today())


def month_of(day: date) -> Period:
    """Return the month in which a day lies."""
    return Period(first_of(day), first_of(day, -1) - timedelta(days=1))


def previous_month() -> Period:
    """Return the month that ended last."""
    return month_of(first_of(clock.today(), 1))


def months_of(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month from that of `first` to that of `last`."""
    month = first_of(first)
    while month <= last:
        yield month
        month = first_of(month, -1)


def month_key(month: date) -> str:
    """Return the month as SQL names it: 2026-03."""
    return f"{month:%Y-%m}"


def month_of_key(key: str) -> date:
    """Return the first day of the month that SQL named."""
    return date.fromisoformat(f"{key}-01")


def month_name(month: date) -> str:
    """Return the month for people: March 2026."""
    return formats.date_format(month, "F Y")
