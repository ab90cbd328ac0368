"""Defaults that migrations can name."""

from datetime import datetime

from credits_portal.lib import clock


def now() -> datetime:
    """Return the clock's time (tests can move it)."""
    return clock.now()
