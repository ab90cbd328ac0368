from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purchasing.terms import last_usable_day, purchase_date

days = st.dates(min_value=date(2000, 1, 1), max_value=date(2400, 12, 31))


@pytest.mark.parametrize(
    ("purchased_on", "last_day"),
    [
        (date(2026, 3, 14), date(2027, 3, 14)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 28)),
        (date(2023, 3, 1), date(2024, 3, 1)),
        (date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_the_last_usable_day_is_the_same_calendar_day_one_year_later(purchased_on, last_day):
    assert last_usable_day(purchased_on) == last_day


@given(days)
def test_a_year_is_never_shorter_than_365_days_nor_longer_than_366(purchased_on):
    assert 365 <= (last_usable_day(purchased_on) - purchased_on).days <= 366


@given(days)
def test_a_later_purchase_never_ends_earlier(purchased_on):
    following = purchased_on + timedelta(days=1)
    assert last_usable_day(purchased_on) <= last_usable_day(following)


def test_a_transfer_booked_within_three_days_counts_from_its_receipt():
    received_on = date(2026, 3, 10)
    assert purchase_date(received_on=received_on, booked_on=date(2026, 3, 13)) == received_on


def test_a_transfer_booked_after_more_than_three_days_counts_from_the_booking():
    booked_on = date(2026, 3, 14)
    assert purchase_date(received_on=date(2026, 3, 10), booked_on=booked_on) == booked_on
