from datetime import timedelta

import pytest

from credits_portal.lib import throttle
from credits_portal.lib.models import ThrottleHit

pytestmark = pytest.mark.django_db

TWICE = throttle.Limit(name="test", times=2, period=timedelta(minutes=15))


def count(times, who="192.0.2.7", limit=TWICE):
    for _ in range(times):
        throttle.count(limit, who)


def test_below_the_limit_nobody_waits():
    count(1)
    assert throttle.wait(TWICE, "192.0.2.7") == 0


def test_at_the_limit_the_wait_lasts_the_period(moving_clock):
    count(2)
    assert throttle.wait(TWICE, "192.0.2.7") == 15 * 60


def test_the_wait_shrinks_as_time_passes(moving_clock):
    count(2)
    moving_clock.advance(minutes=14, seconds=59.5)
    assert throttle.wait(TWICE, "192.0.2.7") == 1


def test_the_wait_ends_with_the_oldest_that_counts(moving_clock):
    count(1)
    moving_clock.advance(minutes=10)
    count(1)
    assert throttle.wait(TWICE, "192.0.2.7") == 5 * 60


def test_after_the_period_all_is_forgotten(moving_clock):
    count(2)
    moving_clock.advance(minutes=15)
    assert throttle.wait(TWICE, "192.0.2.7") == 0


def test_each_is_counted_alone():
    count(2)
    assert throttle.wait(TWICE, "192.0.2.8") == 0


def test_each_limit_is_counted_alone():
    count(2)
    other = throttle.Limit(name="other", times=2, period=timedelta(minutes=15))
    assert throttle.wait(other, "192.0.2.7") == 0


def test_rows_do_not_tell_who_was_counted():
    count(1, who="dana@example.com")
    assert "dana" not in str(ThrottleHit.objects.values().get())


def test_any_text_can_be_counted():
    count(2, who="\ud800\x00" * 1000)
    assert throttle.wait(TWICE, "\ud800\x00" * 1000) > 0


def test_counting_needs_no_cache(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }
    count(2)
    assert throttle.wait(TWICE, "192.0.2.7") > 0


def test_pruning_keeps_what_a_limit_may_look_at(moving_clock):
    count(3)
    moving_clock.advance(hours=24, seconds=1)
    count(1)
    assert (throttle.prune(), ThrottleHit.objects.count()) == (3, 1)
