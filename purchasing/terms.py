"""When a purchase happened and until when its credits can be used (rules.md 3)."""

import calendar
from datetime import date, timedelta

# A transfer booked later than this would eat the customer's year: it then runs from the booking.
BOOKING_GRACE = timedelta(days=3)
# So long after its due date an invoice is reminded of (by step), and in the end cancelled.
REMIND_AFTER = {1: timedelta(0), 2: timedelta(days=14)}
CANCEL_AFTER = timedelta(days=60)


def last_usable_day(purchased_on: date) -> date:
    """Return the same calendar day one year later, inclusive; 29 February gives 28 February."""
    year = purchased_on.year + 1
    last_of_month = calendar.monthrange(year, purchased_on.month)[1]
    return date(year, purchased_on.month, min(purchased_on.day, last_of_month))


def purchase_date(*, received_on: date, booked_on: date) -> date:
    """Return the day from which the year runs; both dates are in the programme's zone."""
    return booked_on if booked_on - received_on > BOOKING_GRACE else received_on
