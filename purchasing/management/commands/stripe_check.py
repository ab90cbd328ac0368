"""`manage.py stripe_check`: the portal's calls of Stripe, made against Stripe's test mode."""

import dataclasses
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from purchasing import stripe_gateway
from purchasing.exceptions import GatewayConflict, GatewayError, GatewayRefused
from purchasing.stripe_gateway import GatewayRefund, SessionTerms

TEST_KEYS = ("sk_test_", "rk_test_")
AMOUNT = 2_000  # cents
PART = 500  # cents


class Command(BaseCommand):
    """Opens, fetches and closes a checkout page; pays with a test card and refunds it."""

    help = "Make the portal's calls against Stripe's test mode; no real money moves."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.STRIPE_SECRET_KEY:
            raise CommandError("STRIPE_SECRET_KEY is not set: there is nothing to ask.")
        if not settings.STRIPE_SECRET_KEY.startswith(TEST_KEYS):
            raise CommandError("STRIPE_SECRET_KEY is no test key (sk_test_...): nothing was asked.")
        for check in (self.pages, self.refunds):
            try:
                check()
            except GatewayError as error:
                raise CommandError(f"{error} {error.detail}") from error
        self.stdout.write(self.style.SUCCESS("Stripe answers as the portal expects."))

    def pages(self) -> None:
        """Try what a card payment needs before the buyer sees Stripe's page, and after."""
        terms = _terms()
        made = stripe_gateway.create_session(terms)
        self.say("A page is opened", made.status == "open" and bool(made.url))
        again = stripe_gateway.create_session(terms)
        self.say("The same key opens no second page", again.id == made.id)
        other = dataclasses.replace(terms, amount_cents=AMOUNT + 1)
        self.say(
            "The same key for another amount is a conflict",
            _raises(GatewayConflict, lambda: stripe_gateway.create_session(other)),
        )
        found = stripe_gateway.fetch_session(made.id)
        self.say("The page asks for the order's amount", int(found.amount * 100) == AMOUNT)
        self.say("The page names its order", (found.order, found.currency) == (terms.order, "USD"))
        closed = stripe_gateway.expire_session(made.id)
        self.say("The page is closed", closed.status == "expired")
        self.say(
            "A closed page is not closed again",
            _raises(GatewayRefused, lambda: stripe_gateway.expire_session(made.id)),
        )

    def refunds(self) -> None:
        """Try what a refund needs, on a payment with Stripe's test card."""
        intent = _paid()
        key = f"check:{uuid.uuid4()}"

        def refund(cents: int, key: str) -> GatewayRefund:
            return stripe_gateway.refund(
                payment_intent=intent, amount=Decimal(cents) / 100, currency="USD", key=key
            )

        made = refund(PART, key)
        self.say("A part is refunded", made.status in {"succeeded", "pending"})
        self.say("The same key refunds once", refund(PART, key).id == made.id)
        self.say("The refund keeps its key", stripe_gateway.fetch_refund(made.id).key == key)
        self.say("The payment lists its refund", len(stripe_gateway.refunds_of(intent)) == 1)
        self.say(
            "More than is left is refused",
            _raises(GatewayRefused, lambda: refund(AMOUNT, f"{key}:2")),
        )
        self.say("It came without a page", stripe_gateway.session_of(intent) is None)

    def say(self, what: str, is_so: bool) -> None:  # noqa: FBT001
        """Print what holds; stop at what does not."""
        if not is_so:
            raise CommandError(f"{what}: NO")
        self.stdout.write(f"{what}: yes")


def _terms() -> SessionTerms:
    number = f"CHECK-{uuid.uuid4().hex[:12]}"
    return SessionTerms(
        key=f"check:{number}",
        order=number,
        attempt=1,
        amount_cents=AMOUNT,
        currency="USD",
        title=f"{settings.PORTAL_NAME}: stripe_check",
        email="check@example.com",
        success_url=f"{settings.BASE_URL}/",
        cancel_url=f"{settings.BASE_URL}/",
    )


def _paid() -> str:
    """Pay with Stripe's test card, without a page; return the payment intent."""
    with stripe_gateway.errors():
        made = stripe_gateway.client().v1.payment_intents.create(
            {
                "amount": AMOUNT,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_visa",
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            }
        )
    return made.id


def _raises(error: type[GatewayError], call: Callable[[], Any]) -> bool:
    try:
        call()
    except error:
        return True
    return False
