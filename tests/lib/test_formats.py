"""What a person reads: credits, money, dates, times (docs/design-system.md, every screen)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from credits_portal.lib import formats

BERLIN = ZoneInfo("Europe/Berlin")
DUBAI = ZoneInfo("Asia/Dubai")


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999, "999"), (18_000, "18,000"), (1_000_000, "1,000,000")]
)
def test_a_number_has_thousands_separators(value, text):
    assert formats.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1, "1 credit"), (0, "0 credits"), (20_000, "20,000 credits")]
)
def test_credits_carry_their_unit(value, text):
    assert formats.credits(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("16000", "$16,000.00"),
        ("0.8", "$0.80"),
        ("0.999", "$1.00"),
        ("-4000", "-$4,000.00"),
        ("-0.001", "$0.00"),
    ],
)
def test_money_has_two_decimals(value, text):
    assert formats.money(Decimal(value)) == text


def test_money_of_another_currency_names_it():
    assert formats.money(Decimal(-4000), "EUR") == "-4,000.00 EUR"


def test_a_date_spells_its_month():
    assert formats.day(date(2027, 3, 14)) == "14 March 2027"


def test_the_date_of_a_time_is_that_of_the_programmes_zone():
    assert formats.day(datetime(2027, 3, 14, 3, tzinfo=UTC)) == "13 March 2027"


@pytest.mark.parametrize(
    ("moment", "zone", "text"),
    [
        (datetime(2027, 3, 14, 6, 59, tzinfo=UTC), None, "14 March 2027, 01:59 EST"),
        (datetime(2027, 3, 14, 7, 0, tzinfo=UTC), None, "14 March 2027, 03:00 EDT"),
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), BERLIN, "31 October 2027, 02:30 CEST"),
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), BERLIN, "31 October 2027, 02:30 CET"),
        (datetime(2028, 2, 29, 8, 0, tzinfo=UTC), DUBAI, "29 February 2028, 12:00 UTC+04:00"),
    ],
)
def test_a_time_names_its_zone_over_clock_changes_and_leap_days(moment, zone, text):
    assert formats.moment(moment, zone) == text


def test_a_class_of_one_day_names_its_date_once():
    start, end = datetime(2027, 6, 1, 7, tzinfo=UTC), datetime(2027, 6, 1, 15, tzinfo=UTC)
    assert formats.span(start, end, BERLIN) == "1 June 2027, 09:00 to 17:00 CEST"


def test_a_class_of_several_days_names_both_ends():
    start, end = datetime(2027, 6, 1, 7, tzinfo=UTC), datetime(2027, 6, 3, 15, tzinfo=UTC)
    assert formats.span(start, end, BERLIN) == "1 June 2027, 09:00 CEST to 3 June 2027, 17:00 CEST"


def test_a_class_over_a_clock_change_names_both_zones():
    start, end = datetime(2027, 10, 30, 22, 30, tzinfo=UTC), datetime(2027, 10, 31, 2, tzinfo=UTC)
    assert (
        formats.span(start, end, BERLIN)
        == "31 October 2027, 00:30 CEST to 31 October 2027, 03:00 CET"
    )


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 3, 10), "today"),
        (date(2026, 3, 11), "tomorrow"),
        (date(2026, 3, 9), "yesterday"),
        (date(2026, 3, 19), "in 9 days"),
        (date(2026, 3, 7), "3 days ago"),
    ],
)
def test_the_distance_of_a_day_is_told_in_days(day, text, moving_clock):
    assert formats.days_left(day) == text
