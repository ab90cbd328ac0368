"""Which ways to pay are offered."""

from django.conf import settings

from . import stripe_gateway
from .models import Order


def offered() -> list[Order.Method]:
    """Return the payment methods on offer."""
    return [Order.Method.CARD, Order.Method.TRANSFER] if takes_cards() else [Order.Method.TRANSFER]


def takes_cards() -> bool:
    """Tell whether cards are taken: with the provider's keys, or simulated, so only in DEBUG."""
    return stripe_gateway.is_configured() or settings.DEBUG


def is_simulated() -> bool:
    """Tell whether a card payment moves no money."""
    return settings.DEBUG and not stripe_gateway.is_configured()
