"""What each of the card provider's events means, from the object as the provider has it now."""

from collections.abc import Callable

from purchasing import stripe_gateway
from purchasing.models import Order, Payment, ProviderEvent

from .cards import order_of, take_session


def handle(event: ProviderEvent) -> Order | None:
    """Book what `event` is about; return its order, None if it is not about one of ours.

    Raises GatewayUnavailable and what booking raises; all of it is safe to repeat.
    """
    handler = HANDLERS.get(event.kind)
    return handler(event) if handler else None


def payment_of(payment_intent: str) -> Payment | None:
    """Return the payment of an intent, booked now if its own event has not come yet.

    None for money that did not come through this portal.
    """
    known = Payment.objects.filter(
        provider=Payment.Provider.STRIPE, external_id=payment_intent
    ).first()
    if known or not payment_intent:
        return known
    session = stripe_gateway.session_of(payment_intent)
    return take_session(session) if session else None


def _session(event: ProviderEvent) -> Order | None:
    """Apply an event of a checkout session: completed, paid late, failed or expired."""
    session = stripe_gateway.fetch_session(event.object_id)
    payment = take_session(session)
    return payment.order if payment else order_of(session)


HANDLERS: dict[str, Callable[[ProviderEvent], Order | None]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
}
