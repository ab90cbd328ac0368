"""Last moments, as pure functions of the terms (rules.md 5 and 6)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings

from credits_portal.lib import clock

WAITS_AT_MOST = timedelta(days=7)
BEFORE_CLASS = timedelta(days=1)
SOON = timedelta(days=2)
APPROVAL_CLOSES_BEFORE = timedelta(hours=2)
CANCEL_AFTER_CONFIRMATION = timedelta(hours=24)
CANCEL_AFTER_MOVE = timedelta(days=14)


def end_of(day: date) -> datetime:
    """Return the moment at which `day` is over in the programme's zone."""
    return clock.start_of(day + timedelta(days=1))


def decide_by(
    *,
    submitted_at: datetime,
    starts_at: datetime | None,
    last_days: Iterable[date],
    moved_at: datetime | None = None,
) -> datetime:
    """Return when a waiting request lapses (rules.md 5).

    `last_days` are the last usable days of the lots held; `starts_at` is None for on-demand.
    A class that was moved at `moved_at` to a near date leaves time to decide from then on.
    """
    moments = [submitted_at + WAITS_AT_MOST, *(end_of(day) for day in last_days)]
    if starts_at is not None:
        known_at = moved_at or submitted_at
        moments.append(latest_before_class(known_at=known_at, starts_at=starts_at))
    return min(moments)


def latest_before_class(*, known_at: datetime, starts_at: datetime) -> datetime:
    """Return one day before the class; halfway to it where it starts within two days."""
    ahead = starts_at - known_at
    return known_at + ahead / 2 if ahead <= SOON else starts_at - BEFORE_CLASS


def closes_at(*, starts_at: datetime, needs_approval: bool) -> datetime:
    """Return from when on a class takes no more registrations (rules.md 5)."""
    return starts_at - APPROVAL_CLOSES_BEFORE if needs_approval else starts_at


def cancel_window() -> timedelta:
    """Return how long before a class its places can be cancelled: a setting."""
    return timedelta(days=settings.CANCEL_DAYS_BEFORE)


def cancel_until(
    *, starts_at: datetime, confirmed_at: datetime, moved_at: datetime | None = None
) -> datetime:
    """Return the last moment to cancel a place in a class for its credits (rules.md 6).

    14 days before the start, or 24 hours after confirmation if that is later, or 14 days after
    the programme's notice of a move; never after the start.
    """
    moments = [starts_at - cancel_window(), confirmed_at + CANCEL_AFTER_CONFIRMATION]
    if moved_at is not None and moved_at > confirmed_at:
        moments.append(moved_at + CANCEL_AFTER_MOVE)
    return min(starts_at, max(moments))
