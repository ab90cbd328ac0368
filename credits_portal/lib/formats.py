"""The one path by which credits, money, dates and times become text that a person reads."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext, pgettext

from . import clock

CENT = Decimal("0.01")


def number(value: int) -> str:
    """Return a whole number with thousands separators: 18,000."""
    return formats.number_format(value, use_l10n=True, force_grouping=True)


def credits(value: int) -> str:
    """Return an amount of credits with its unit: 18,000 credits."""
    return ngettext("%(n)s credit", "%(n)s credits", value) % {"n": number(value)}


def money(value: Decimal, currency: str = "USD") -> str:
    """Return an amount with two decimals: $16,000.00, in another currency 16,000.00 EUR."""
    cents = abs(value).quantize(CENT, ROUND_HALF_UP)
    text = formats.number_format(cents, decimal_pos=2, use_l10n=True, force_grouping=True)
    text = f"${text}" if currency == "USD" else f"{text} {currency}"
    return f"-{text}" if value < 0 and cents else text


def unit_price(value: Decimal) -> str:
    """Return the price of one credit in USD: $0.80, or $0.7525 where it has parts of cents."""
    parts_of_cents = str(abs(value % CENT).normalize())[4:] if value % CENT else ""
    return money(value - value % CENT) + parts_of_cents if parts_of_cents else money(value)


def day(value: date) -> str:
    """Return a date with its month spelt: 14 March 2027. A time counts in the programme's zone."""
    if isinstance(value, datetime):
        value = clock.day_of(value)
    return formats.date_format(value, pgettext("date format", "j F Y"))


def zone_name(local: datetime) -> str:
    """Return the name of a local time's zone: EDT, or UTC+04:00 where it has no letters."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{local.isoformat()[-6:]}"


def moment(value: datetime, zone: ZoneInfo | None = None) -> str:
    """Return an aware time in `zone` (default: the programme's): 14 March 2027, 09:00 EDT."""
    local = timezone.localtime(value, zone or clock.zone())
    text = formats.date_format(local, pgettext("date and time format", "j F Y, H:i"))
    return f"{text} {zone_name(local)}"


def span(start: datetime, end: datetime, zone: ZoneInfo | None = None) -> str:
    """Return from when to when: the date once if it is one day, the zone once if it is one."""
    first = timezone.localtime(start, zone or clock.zone())
    last = timezone.localtime(end, zone or clock.zone())
    if first.date() == last.date() and first.tzname() == last.tzname():
        begin = formats.date_format(first, pgettext("date and time format", "j F Y, H:i"))
        finish = formats.date_format(last, pgettext("time format", "H:i"))
        text = gettext("%(start)s to %(end)s") % {"start": begin, "end": finish}
        return f"{text} {zone_name(last)}"
    return gettext("%(start)s to %(end)s") % {
        "start": moment(start, zone),
        "end": moment(end, zone),
    }


def days_left(value: date) -> str:
    """Return how far `value` lies from today: today, tomorrow, in 9 days, yesterday, 3 days ago."""
    days = (value - clock.today()) // timedelta(days=1)
    near = {-1: gettext("yesterday"), 0: gettext("today"), 1: gettext("tomorrow")}
    if days in near:
        return near[days]
    if days < 0:
        return ngettext("%(n)s day ago", "%(n)s days ago", -days) % {"n": number(-days)}
    return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": number(days)}
