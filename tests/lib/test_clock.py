from datetime import UTC, date, datetime

from credits_portal.lib import clock


def test_today_is_the_programmes_date_not_utcs(moving_clock, settings):
    settings.PORTAL_TIME_ZONE = "America/New_York"
    moving_clock.set(2026, 3, 11, 3)
    assert clock.today() == date(2026, 3, 10)


def test_a_day_starts_in_the_programmes_zone(settings):
    settings.PORTAL_TIME_ZONE = "America/New_York"
    assert clock.start_of(date(2026, 7, 1)) == datetime(2026, 7, 1, 4, tzinfo=UTC)
