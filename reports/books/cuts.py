"""Periods of the books: whole days in the programme's zone, the last one up to this moment.

A cut is where one period ends and the next begins. Moments are compared with the first moment of a
day; dates, which are over at their end, with the day itself. So both engines need no time zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from credits_portal.lib import clock


@dataclass(frozen=True)
class Cut:
    """What happened before `moment`, and the dates that are over then: those before `day`."""

    moment: datetime
    day: date


def cut_after(day: date) -> Cut:
    """Return the end of `day`, or this moment where that is earlier."""
    now = clock.now()
    end = clock.start_of(day + timedelta(days=1))
    if end <= now:
        return Cut(end, day + timedelta(days=1))
    return Cut(now + timedelta(microseconds=1), clock.day_of(now))


class Periods:
    """SQL that says before which of the cuts a row falls: 0 for the first, NULL after the last."""

    def __init__(self, cuts: Sequence[Cut]) -> None:
        self.cuts = cuts
        adapt: Any = connection.ops.adapt_datetimefield_value
        self.params: dict[str, Any] = {}
        for number, cut in enumerate(cuts):
            self.params[f"moment{number}"] = adapt(cut.moment)
            self.params[f"day{number}"] = cut.day.isoformat()

    def of_moment(self, column: str) -> str:
        """Return the period of a moment."""
        return self._case(column, "moment")

    def of_date(self, column: str) -> str:
        """Return the period in which a date ends."""
        return self._case(column, "day")

    @property
    def end(self) -> str:
        """Return the placeholder of the last cut's moment."""
        return f"%(moment{len(self.cuts) - 1})s"

    @property
    def end_day(self) -> str:
        """Return the placeholder of the last cut's day."""
        return f"%(day{len(self.cuts) - 1})s"

    def _case(self, column: str, name: str) -> str:
        whens = (f"WHEN {column} < %({name}{n})s THEN {n}" for n in range(len(self.cuts)))
        return f"CASE {' '.join(whens)} END"
