"""The books over random years equal what plain Python makes of entries, places and class dates."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from credits_portal.lib import clock
from reports.books import queries
from reports.verification import verify
from tests.examples import LONG_HISTORIES
from tests.reports.books.histories import STEPS, History
from tests.reports.books.plain import PlainBooks

pytestmark = pytest.mark.django_db

steps = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 10_000)), min_size=20, max_size=70
)
looks = st.lists(st.floats(0, 1), min_size=3, max_size=3)


@pytest.fixture
def lived(moving_clock):
    """Return a function that lives through steps and looks at the end."""
    noon = moving_clock.moment

    def live(taken, look):
        moving_clock.moment = noon
        with transaction.atomic():
            history = History(moving_clock)
            for name, pick in taken:
                history.take(name, pick)
            look(history)
            transaction.set_rollback(True)

    return live


def day_at(history, part):
    return history.began + timedelta(days=round(part * (clock.today() - history.began).days))


@LONG_HISTORIES
@given(taken=steps, parts=looks)
def test_deferred_revenue_is_that_of_entries_and_class_dates(lived, taken, parts):
    def look(history):
        assert verify() == []
        for day in [*(day_at(history, part) for part in parts), clock.today()]:
            plain, books = PlainBooks(day), queries.on(day)
            assert (books.unredeemed.money, books.undelivered.money) == (
                plain.unredeemed,
                plain.undelivered,
            )

    lived(taken, look)


@LONG_HISTORIES
@given(taken=steps)
def test_each_month_goes_on_from_where_the_last_one_ended(lived, taken):
    def look(history):
        months = queries.by_month(history.began, clock.today())
        for month in months:
            owed = month.before.deferred + month.flow.sold + month.flow.granted
            owed = owed - month.flow.recognised - month.flow.refunded
            last_day = clock.today() if month is months[-1] else month.last_day
            assert owed == month.after.deferred == queries.on(last_day).deferred

    lived(taken, look)


@LONG_HISTORIES
@given(taken=steps, parts=looks)
def test_what_is_owed_to_accounts_adds_up_to_what_is_owed(lived, taken, parts):
    def look(history):
        for day in (day_at(history, part) for part in parts):
            owed = queries.by_account(day)
            ending = queries.ageing(day)
            assert queries.sum_of(owed).deferred == queries.on(day).deferred
            total = sum((row.amount.money for row in ending), start=0)
            assert total == queries.on(day).unredeemed.money

    lived(taken, look)
