"""What each of the card provider's events means, from the object as the provider has it now."""

from collections.abc import Callable

from credits_portal.lib import clock
from purchasing import stripe_gateway
from purchasing.models import Dispute, Order, Payment, ProviderEvent, Refund
from purchasing.stripe_gateway import GatewayRefund

from .cards import order_of, take_session
from .disputes import record_dispute
from .refund_delivery import STATES
from .refunds import record_provider_refund

# What Stripe calls a dispute -> what it is to the customer's credits. Inquiries take no money.
DISPUTES = {
    "needs_response": Dispute.Status.OPEN,
    "under_review": Dispute.Status.OPEN,
    "won": Dispute.Status.WON,
    "lost": Dispute.Status.LOST,
    "appeal_needs_response": Dispute.Status.LOST,
    "appeal_under_review": Dispute.Status.LOST,
}


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


def _charge(event: ProviderEvent) -> Order | None:
    """Apply that a charge was refunded: its refunds are fetched, the event names none."""
    payment_intent = str(event.raw["data"]["object"].get("payment_intent") or "")
    payment = payment_of(payment_intent)
    if payment is None:
        return None
    for refund in stripe_gateway.refunds_of(payment_intent):
        _record_refund(payment, refund)
    return payment.order


def _refund(event: ProviderEvent) -> Order | None:
    """Apply an event of one refund."""
    refund = stripe_gateway.fetch_refund(event.object_id)
    payment = payment_of(refund.payment_intent)
    if payment is None:
        return None
    return _record_refund(payment, refund)


def _record_refund(payment: Payment, refund: GatewayRefund) -> Order:
    record_provider_refund(
        payment=payment,
        external_id=refund.id,
        amount=refund.amount,
        currency=refund.currency,
        status=STATES.get(refund.status, Refund.Status.REQUESTED),
        made_on=clock.day_of(refund.made_at),
        key=refund.key,
    )
    return payment.order


def _dispute(event: ProviderEvent) -> Order | None:
    """Apply an event of a dispute; an inquiry, which takes no money, changes nothing."""
    dispute = stripe_gateway.fetch_dispute(event.object_id)
    payment = payment_of(dispute.payment_intent)
    if payment is None:
        return None
    if status := DISPUTES.get(dispute.status):
        record_dispute(
            payment=payment,
            external_id=dispute.id,
            amount=dispute.amount,
            currency=dispute.currency,
            status=status,
            opened_at=dispute.opened_at,
        )
    return payment.order


HANDLERS: dict[str, Callable[[ProviderEvent], Order | None]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "charge.refunded": _charge,
    "charge.refund.updated": _refund,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "charge.dispute.closed": _dispute,
}
