"""Fixtures for every test."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from accounts.ledger import guards
from credits_portal.lib import clock

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "ci", max_examples=300, stateful_step_count=50, deadline=None, suppress_health_check=SLOW
)
settings.register_profile(
    "quick", max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=SLOW
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_modifyitems(config, items):
    """Leave out what is about the other engine: not skipped, since it could not run here."""
    other = "sqlite" if connection.vendor == "postgresql" else "servers"
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker(other)]


class MovableClock:
    """The portal's clock under a test's hand."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def set(self, *parts: int) -> None:
        """Stand at the given year, month, day, hour, ... in UTC."""
        self.moment = datetime(*parts, tzinfo=UTC)

    def advance(self, **parts: float) -> None:
        """Go on by a timedelta of the given parts."""
        self.moment += timedelta(**parts)


@pytest.fixture
def moving_clock(monkeypatch):
    """Stop the portal's clock at noon UTC of 10 March 2026, to be moved by the test."""
    hands = MovableClock(datetime(2026, 3, 10, 12, tzinfo=UTC))
    monkeypatch.setattr(clock, "now", lambda: hands.moment)
    return hands


@pytest.fixture(autouse=True, scope="session")
def a_flush_leaves_the_database_as_migrated(django_db_setup, django_db_blocker):
    """After a transactional test empty the append-only tables too; bring back what migrations put.

    The workers of xdist steal tests from each other, so any test may follow a transactional one.
    A run of tests that need no database has none.
    """
    flush = TransactionTestCase._fixture_teardown
    with django_db_blocker.unblock():
        is_migrated = "django_migrations" in connection.introspection.table_names()
        migrated = connection.creation.serialize_db_to_string() if is_migrated else "[]"

    def flush_and_restore(case):
        case.serialized_rollback = True  # no permissions made anew, they come back with the rest
        connection._test_serialized_contents = migrated
        with guards.lifted():
            flush(case)
            connection.creation.deserialize_db_from_string(migrated)

    TransactionTestCase._fixture_teardown = flush_and_restore
    yield
    TransactionTestCase._fixture_teardown = flush
