from datetime import date, timedelta

import pytest

from accounts import tasks
from credits_portal.lib import throttle
from credits_portal.lib.models import ThrottleHit
from tests.factories.accounts import make_lot

pytestmark = pytest.mark.django_db


def test_the_night_after_the_last_day_credits_expire(moving_clock):
    lot = make_lot(credits=70, last_day=date(2027, 3, 10))
    moving_clock.set(2027, 3, 11, 7, 30)
    tasks.expire_lots()
    lot.refresh_from_db()
    assert (lot.available, lot.expired) == (0, 70)


def test_on_the_last_day_nothing_expires(moving_clock):
    lot = make_lot(credits=70, last_day=date(2027, 3, 10))
    moving_clock.set(2027, 3, 11, 4, 30)
    tasks.expire_lots()
    lot.refresh_from_db()
    assert lot.available == 70


def test_old_counts_are_deleted(moving_clock):
    throttle.count(throttle.Limit(name="x", times=1, period=timedelta(hours=1)), "who")
    moving_clock.advance(days=2)
    tasks.forget_guesses()
    assert not ThrottleHit.objects.exists()
