"""What Stripe keeps and does: sessions, payments, refunds, disputes; each change is an event."""

import copy
import itertools
import json
import secrets
import threading
from datetime import timedelta

import stripe
from stripe import Charge, Dispute, Event, PaymentIntent, Refund
from stripe._api_version import _ApiVersion
from stripe.checkout import Session

from credits_portal.lib import clock

from .shapes import shape

SESSION_LIVES = timedelta(hours=24)
MOST = 99_999_999  # cents


class Refusal(Exception):
    """An answer of Stripe's that is an error, with its status and `error` object."""

    def __init__(self, status, message, *, kind="invalid_request_error", **more):
        super().__init__(message)
        self.status = status
        self.error = {"type": kind, "message": message, **more}


class World:
    """Stripe's state. Every public verb is safe in threads and leaves its events in `events`."""

    def __init__(self):
        self.url = "http://fake.invalid"
        self.secret_key = "sk_test_of_the_tests"
        self.webhook_secret = "whsec_of_the_tests"
        self.guard = threading.RLock()
        self.objects = {}
        self.events = []
        self._numbers = itertools.count(1)
        self._mark = secrets.token_hex(6)

    # --- What the API does ---------------------------------------------------------------------
    def create_session(self, given):
        """Open a checkout page for one line of one price."""
        (line,) = given["line_items"]
        price = line["price_data"]
        amount = int(price["unit_amount"]) * int(line["quantity"])
        if not 50 <= amount <= MOST:
            raise Refusal(400, "The amount is too small or too large.", code="amount_too_large")
        number = self._new("cs_test")
        return self._keep(
            shape(
                Session,
                id=number,
                object="checkout.session",
                mode=given["mode"],
                status="open",
                payment_status="unpaid",
                amount_subtotal=amount,
                amount_total=amount,
                currency=price["currency"],
                client_reference_id=given.get("client_reference_id"),
                customer_email=given.get("customer_email"),
                success_url=given["success_url"],
                cancel_url=given.get("cancel_url"),
                url=f"{self.url}/c/pay/{number}",
                metadata=given.get("metadata", {}),
                created=self._now(),
                expires_at=self._now() + int(SESSION_LIVES.total_seconds()),
                livemode=False,
                allowed_payment_method_types=given.get("allowed_payment_method_types"),
                payment_method_types=given.get("allowed_payment_method_types", ["card"]),
                adaptive_pricing=shape(Session.AdaptivePricing, enabled=False),
                automatic_tax=shape(Session.AutomaticTax, enabled=False),
                custom_fields=[],
                custom_text=shape(Session.CustomText),
                shipping_options=[],
                submit_type=given.get("submit_type"),
                ui_mode="hosted_page",
            )
        )

    def expire_session(self, session_id):
        """Close an open page: by the API, or by itself a day after it was made."""
        with self.guard:
            session = self.get("cs_test", session_id)
            if session["status"] != "open":
                raise Refusal(400, f"Only open sessions expire; this one is {session['status']}.")
            session.update(status="expired", url=None)
            return self._tell("checkout.session.expired", session)

    def create_payment(self, given):
        """Charge a test card at once, without a checkout page."""
        with self.guard:
            intent = self._intent(int(given["amount"]), given["currency"], given)
            if given.get("confirm") != "true":
                raise Refusal(400, "The fake confirms a payment as it makes it.")
            return self._charge(intent)

    def create_refund(self, given):
        """Pay back part or all of a payment."""
        with self.guard:
            charge = self._charge_of(given["payment_intent"])
            left = charge["amount"] - charge["amount_refunded"]
            amount = int(given.get("amount", left))
            if charge["disputed"]:
                raise Refusal(400, "This charge has been charged back.", code="charge_disputed")
            if not left:
                raise Refusal(400, "Already refunded.", code="charge_already_refunded")
            if not 0 < amount <= left:
                raise Refusal(400, f"{amount} is more than the {left} left.", param="amount")
            return self._refund(charge, amount, given.get("reason"), given.get("metadata", {}))

    def get(self, prefix, number):
        """Return the object itself, or raise Stripe's 404."""
        found = self.objects.get(number) if str(number).startswith(prefix) else None
        if found is None:
            raise Refusal(404, f"No such object: '{number}'", code="resource_missing", param="id")
        return found

    def find(self, prefix, **fields):
        """Return the objects with these fields, newest first."""
        with self.guard:
            mine = [o for number, o in self.objects.items() if number.startswith(prefix)]
            return [o for o in reversed(mine) if all(o[k] == v for k, v in fields.items())]

    # --- What people and banks do --------------------------------------------------------------
    def pay(self, session_id):
        """Pay on the checkout page with a card that works; return the payment intent's id."""
        with self.guard:
            session = self._open_session(session_id)
            intent = self._intent(session["amount_total"], session["currency"], session)
            self._charge(intent)
            session.update(
                status="complete", payment_status="paid", payment_intent=intent["id"], url=None
            )
            self._tell("checkout.session.completed", session)
            return intent["id"]

    def pay_later(self, session_id):
        """Pay by a method whose money takes days; `arrive` or `fall_through` ends it."""
        with self.guard:
            session = self._open_session(session_id)
            intent = self._intent(session["amount_total"], session["currency"], session)
            intent["status"] = "processing"
            session.update(status="complete", payment_intent=intent["id"], url=None)
            self._tell("checkout.session.completed", session)
            return intent["id"]

    def arrive(self, session_id):
        """Let the money of `pay_later` arrive."""
        with self.guard:
            session = self.get("cs_test", session_id)
            self._charge(self.get("pi", session["payment_intent"]))
            session["payment_status"] = "paid"
            return self._tell("checkout.session.async_payment_succeeded", session)

    def fall_through(self, session_id):
        """Let the money of `pay_later` never arrive."""
        with self.guard:
            session = self.get("cs_test", session_id)
            self.get("pi", session["payment_intent"])["status"] = "requires_payment_method"
            return self._tell("checkout.session.async_payment_failed", session)

    def decline(self, session_id):
        """Try a card that is declined: the page stays open for another one."""
        with self.guard:
            session = self._open_session(session_id)
            intent = self._intent(session["amount_total"], session["currency"], session)
            return self._tell("payment_intent.payment_failed", intent)

    def refund_in_dashboard(self, intent_id, amount=None):
        """Refund in Stripe's own pages: without the portal's key."""
        return self.create_refund(
            {"payment_intent": intent_id} | ({} if amount is None else {"amount": amount})
        )

    def fail_refund(self, refund_id):
        """Let a refund come back: the bank did not take it, the money is the seller's again."""
        with self.guard:
            refund = self.get("re", refund_id)
            charge = self.get("ch", refund["charge"])
            charge["amount_refunded"] -= refund["amount"]
            charge["refunded"] = False
            refund.update(status="failed", failure_reason="unknown")
            self._tell("refund.updated", refund)
            return self._tell("refund.failed", refund)

    def dispute(self, intent_id, *, status="needs_response"):
        """Let the buyer's bank charge back; `warning_needs_response` is an inquiry only."""
        with self.guard:
            charge = self._charge_of(intent_id)
            dispute = self._keep(_dispute(self._new("dp"), charge, status, self._now()))
            self._tell("charge.dispute.created", dispute)
            if not status.startswith("warning"):
                charge["disputed"] = True
                self._tell("charge.dispute.funds_withdrawn", dispute)
            return dispute

    def close_dispute(self, dispute_id, *, status):
        """Let the bank decide: won, lost, or (of an inquiry) warning_closed."""
        with self.guard:
            dispute = self.get("dp", dispute_id)
            dispute["status"] = status
            if status == "won":
                self._tell("charge.dispute.funds_reinstated", dispute)
            return self._tell("charge.dispute.closed", dispute)

    # --- What a test sends ---------------------------------------------------------------------
    def signed(self, event, *, secret=None, at=None):
        """Return an event's body and its Stripe-Signature header."""
        body = event if isinstance(event, str) else json.dumps(event)
        key = secret or self.webhook_secret
        return body, stripe.WebhookSignature.generate_signature_header(body, key, at)

    def events_of(self, *kinds):
        """Return the events of these types, oldest first."""
        return [event for event in self.events if event["type"] in kinds]

    # --- Inside --------------------------------------------------------------------------------
    def _new(self, prefix):
        return f"{prefix}_{self._mark}{next(self._numbers):06}"

    def _now(self):
        return int(clock.now().timestamp())

    def _keep(self, made):
        self.objects[made["id"]] = made
        return made

    def _open_session(self, session_id):
        session = self.get("cs_test", session_id)
        if session["status"] != "open":
            raise Refusal(400, f"The page is {session['status']}.")
        return session

    def _intent(self, amount, currency, given):
        return self._keep(
            shape(
                PaymentIntent,
                id=self._new("pi"),
                object="payment_intent",
                amount=amount,
                amount_capturable=0,
                amount_received=0,
                currency=currency,
                status="requires_payment_method",
                capture_method="automatic_async",
                confirmation_method="automatic",
                payment_method_types=["card"],
                metadata=given.get("metadata") or {},
                created=self._now(),
                livemode=False,
            )
        )

    def _charge(self, intent):
        """Take the money of an intent."""
        charge = self._keep(
            shape(
                Charge,
                id=self._new("ch"),
                object="charge",
                amount=intent["amount"],
                amount_captured=intent["amount"],
                amount_refunded=0,
                billing_details=shape(Charge.BillingDetails),
                captured=True,
                paid=True,
                refunded=False,
                disputed=False,
                status="succeeded",
                currency=intent["currency"],
                payment_intent=intent["id"],
                metadata=intent["metadata"],
                created=self._now(),
                livemode=False,
            )
        )
        intent.update(
            status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"]
        )
        self._tell("charge.succeeded", charge)
        self._tell("payment_intent.succeeded", intent)
        return intent

    def _charge_of(self, intent_id):
        return self.get("ch", self.get("pi", intent_id)["latest_charge"])

    def _refund(self, charge, amount, reason, metadata):
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        refund = self._keep(
            shape(
                Refund,
                id=self._new("re"),
                object="refund",
                amount=amount,
                currency=charge["currency"],
                charge=charge["id"],
                payment_intent=charge["payment_intent"],
                metadata=metadata,
                reason=reason,
                status="succeeded",
                created=self._now(),
            )
        )
        self._tell("refund.created", refund)
        self._tell("charge.refunded", charge)
        return refund

    def _tell(self, kind, about):
        """Note that something happened, with the object as it is at this moment."""
        event = shape(
            Event,
            id=self._new("evt"),
            object="event",
            type=kind,
            api_version=_ApiVersion.CURRENT,
            created=self._now(),
            data={"object": copy.deepcopy(about)},
            livemode=False,
            pending_webhooks=1,
            request=shape(Event.Request),
        )
        self.events.append(event)
        self.told(event)
        return about

    def told(self, event):
        """Send an event off where a test wants that by itself."""


def _dispute(number, charge, status, moment):
    enhanced = shape(Dispute.EvidenceDetails.EnhancedEligibility)
    return shape(
        Dispute,
        id=number,
        object="dispute",
        amount=charge["amount"],
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        balance_transactions=[],
        enhanced_eligibility_types=[],
        evidence=shape(
            Dispute.Evidence, enhanced_evidence=shape(Dispute.Evidence.EnhancedEvidence)
        ),
        evidence_details=shape(
            Dispute.EvidenceDetails,
            enhanced_eligibility=enhanced,
            has_evidence=False,
            past_due=False,
            submission_count=0,
            submission_method="not_submitted",
        ),
        is_charge_refundable=False,
        reason="fraudulent",
        status=status,
        metadata={},
        created=moment,
        livemode=False,
    )
