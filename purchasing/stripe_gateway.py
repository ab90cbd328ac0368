"""Stripe by its own library: what the portal asks of it, and nothing of the library further in.

Every call is short (`TIMEOUT`) and made outside of transactions. Amounts go in as whole cents and
come back as `Decimal`; currencies come back in capitals, as the portal writes them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

import stripe
from django.conf import settings

from .exceptions import GatewayConflict, GatewayRefused, GatewayUnavailable

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

# Seconds to connect and to answer: a page waits for it.
TIMEOUT = (3, 8)
RETRIES = 1
CHECKOUT_ORIGIN = "https://checkout.stripe.com"
# Currencies that Stripe counts in whole units.
WITHOUT_CENTS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
PAID = "paid"


@dataclass(frozen=True, kw_only=True)
class SessionTerms:
    """What a checkout page is made from: the same terms and key make the same page."""

    key: str
    order: str
    attempt: int
    amount_cents: int
    currency: str
    title: str
    email: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True, kw_only=True)
class GatewaySession:
    """A checkout session as Stripe has it now; `received_at` is when its charge was made."""

    id: str
    url: str
    status: str
    payment_status: str
    payment_intent: str
    amount: Decimal
    currency: str
    order: str
    portal: str
    expires_at: datetime
    received_at: datetime

    @property
    def is_paid(self) -> bool:
        """Tell whether its money has arrived."""
        return self.payment_status == PAID and bool(self.payment_intent)


@dataclass(frozen=True, kw_only=True)
class GatewayRefund:
    """A refund as Stripe has it now; `key` is the portal's own if the portal asked for it."""

    id: str
    status: str
    payment_intent: str
    amount: Decimal
    currency: str
    key: str | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class GatewayDispute:
    """A dispute as Stripe has it now; `status` is Stripe's own word."""

    id: str
    status: str
    payment_intent: str
    amount: Decimal
    currency: str
    opened_at: datetime


def is_configured() -> bool:
    """Tell whether Stripe's keys are set."""
    return bool(settings.STRIPE_SECRET_KEY and settings.STRIPE_WEBHOOK_SECRET)


def checkout_origin() -> str:
    """Return the origin of the checkout pages, for the pay page's `form-action`."""
    return settings.STRIPE_API_BASE or CHECKOUT_ORIGIN


def client() -> stripe.StripeClient:
    """Return the library's client for the configured key. Raises GatewayUnavailable."""
    if not settings.STRIPE_SECRET_KEY:
        raise GatewayUnavailable
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


def create_session(terms: SessionTerms) -> GatewaySession:
    """Open a checkout page; the same terms and key return the same one for a day.

    Raises GatewayConflict if the key opened one with other terms, GatewayRefused and
    GatewayUnavailable.
    """
    with errors():
        made = client().v1.checkout.sessions.create(_asked(terms), {"idempotency_key": terms.key})
    return _session(made)


def fetch_session(session_id: str) -> GatewaySession:
    """Return the session as it is now. Raises GatewayRefused and GatewayUnavailable."""
    with errors():
        found = client().v1.checkout.sessions.retrieve(
            session_id, {"expand": ["payment_intent.latest_charge"]}
        )
    return _session(found)


def session_of(payment_intent: str) -> GatewaySession | None:
    """Return the session whose payment this is; None for one that was made elsewhere."""
    with errors():
        found = client().v1.checkout.sessions.list(
            {
                "payment_intent": payment_intent,
                "limit": 1,
                "expand": ["data.payment_intent.latest_charge"],
            }
        )
    return _session(found.data[0]) if found.data else None


def expire_session(session_id: str) -> GatewaySession:
    """Close a checkout page, so that nobody pays there. Raises GatewayRefused if it has ended."""
    with errors():
        return _session(client().v1.checkout.sessions.expire(session_id))


def refund(*, payment_intent: str, amount: Decimal, currency: str, key: str) -> GatewayRefund:
    """Pay back part or all of a payment, once per `key`, however often it is asked.

    Raises GatewayRefused if Stripe will not, so that no money moves; after GatewayUnavailable it
    may have moved: ask again with the same key. Stripe forgets keys after a day, so the refunds
    that there are already are looked through first.
    """
    for known in refunds_of(payment_intent):
        if known.key == key:
            return known
    with errors():
        paid = client().v1.payment_intents.retrieve(payment_intent)
        if paid.currency != currency.lower():
            raise GatewayRefused(f"The payment was made in {paid.currency}.")
        made = client().v1.refunds.create(
            {
                "payment_intent": payment_intent,
                "amount": _minor(amount, currency),
                "reason": "requested_by_customer",
                "metadata": {"key": key, "portal": settings.BASE_URL},
            },
            {"idempotency_key": key},
        )
    return _refund(made)


def fetch_refund(refund_id: str) -> GatewayRefund:
    """Return the refund as it is now. Raises GatewayRefused and GatewayUnavailable."""
    with errors():
        return _refund(client().v1.refunds.retrieve(refund_id))


def refunds_of(payment_intent: str) -> list[GatewayRefund]:
    """Return every refund of a payment. Raises GatewayRefused and GatewayUnavailable."""
    with errors():
        found = client().v1.refunds.list({"payment_intent": payment_intent, "limit": 100})
        return [_refund(each) for each in found.auto_paging_iter()]


def fetch_dispute(dispute_id: str) -> GatewayDispute:
    """Return the dispute as it is now. Raises GatewayRefused and GatewayUnavailable."""
    with errors():
        found = client().v1.disputes.retrieve(dispute_id)
    return GatewayDispute(
        id=found.id,
        status=found.status,
        payment_intent=_id(found.payment_intent),
        amount=_amount(found.amount, found.currency),
        currency=found.currency.upper(),
        opened_at=_moment(found.created),
    )


@lru_cache(maxsize=4)
def _client(key: str, base: str) -> stripe.StripeClient:
    """Return one client per key: it keeps a connection per thread."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": base} if base else None,
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
    )


@contextmanager
def errors() -> Iterator[None]:
    """Turn the library's errors into the portal's; what is unclear counts as "not known yet"."""
    try:
        yield
    except stripe.IdempotencyError as error:
        raise GatewayConflict(error.user_message) from error
    except (stripe.InvalidRequestError, stripe.CardError) as error:
        raise GatewayRefused(error.user_message) from error
    except stripe.StripeError as error:
        raise GatewayUnavailable(error.user_message) from error


def _asked(terms: SessionTerms) -> "SessionCreateParams":
    names = {"order": terms.order, "attempt": str(terms.attempt), "portal": settings.BASE_URL}
    return {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "submit_type": "pay",
        "adaptive_pricing": {"enabled": False},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": terms.currency.lower(),
                    "unit_amount": terms.amount_cents,
                    "product_data": {"name": terms.title},
                },
            }
        ],
        "client_reference_id": terms.order,
        "customer_email": terms.email,
        "metadata": names,
        "payment_intent_data": {"metadata": names, "description": terms.title},
        "success_url": terms.success_url,
        "cancel_url": terms.cancel_url,
    }


def _session(found: stripe.checkout.Session) -> GatewaySession:
    currency = found.currency or ""
    return GatewaySession(
        id=found.id,
        url=found.url or "",
        status=found.status or "",
        payment_status=found.payment_status,
        payment_intent=_id(found.payment_intent),
        amount=_amount(found.amount_total or 0, currency),
        currency=currency.upper(),
        order=_named(found, "order"),
        portal=_named(found, "portal"),
        expires_at=_moment(found.expires_at),
        received_at=_moment(_charged(found)),
    )


def _charged(found: stripe.checkout.Session) -> int:
    """Return when the charge was made; when the session was, if that is not known."""
    intent = found.payment_intent
    charge = intent.latest_charge if isinstance(intent, stripe.PaymentIntent) else None
    return charge.created if isinstance(charge, stripe.Charge) else found.created


def _refund(found: stripe.Refund) -> GatewayRefund:
    return GatewayRefund(
        id=found.id,
        status=found.status or "",
        payment_intent=_id(found.payment_intent),
        amount=_amount(found.amount, found.currency),
        currency=found.currency.upper(),
        key=_named(found, "key") or None,
        made_at=_moment(found.created),
    )


def _named(found: stripe.checkout.Session | stripe.Refund, name: str) -> str:
    """Return what the portal wrote beside the object when it made it."""
    names = found.metadata
    return str(names[name]) if names is not None and name in names else ""


def _id(part: str | stripe.StripeObject | None) -> str:
    """Return the id of what may be an id, the object itself, or missing."""
    return part if isinstance(part, str) else str(part["id"]) if part is not None else ""


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(minor) / _units(currency)


def _minor(amount: Decimal, currency: str) -> int:
    """Return an amount as Stripe counts it. Raises GatewayRefused for what it cannot count."""
    minor = amount * _units(currency)
    if minor != int(minor):
        raise GatewayRefused(f"{amount} {currency} is no whole number of its smallest unit.")
    return int(minor)


def _units(currency: str) -> int:
    """Return how many of Stripe's units make one of the currency."""
    return 1 if currency.upper() in WITHOUT_CENTS.split() else 100


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
