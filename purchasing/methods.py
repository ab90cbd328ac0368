"""Which ways to pay are offered."""

from django.conf import settings

from .models import Order


def offered() -> list[Order.Method]:
    """Return the payment methods on offer; the card is simulated, so only in DEBUG."""
    if settings.DEBUG:
        return [Order.Method.CARD, Order.Method.TRANSFER]
    return [Order.Method.TRANSFER]
