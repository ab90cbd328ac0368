"""How prices are shown."""

from decimal import Decimal

from django import template

from credits_portal.lib import formats

register = template.Library()

CENT = Decimal("0.01")


@register.filter
def unit_price(value: Decimal) -> str:
    """Return the price of one credit in USD: $0.80, or $0.7525 where it has parts of cents."""
    shown = formats.money(value)
    parts_of_cents = str(abs(value % CENT).normalize())[4:] if value % CENT else ""
    return shown if not parts_of_cents else formats.money(value - value % CENT) + parts_of_cents
