"""Card payments on the provider's pages: opening them, taking their money, closing them.

Nothing here calls the provider within a transaction. What a page brought is taken from a session
that was fetched afresh, never from what a browser or an event says of it.
"""

import logging
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.urls import reverse

from credits_portal.lib import clock, formats
from credits_portal.lib.links import absolute
from credits_portal.lib.locks import locked, transactional
from credits_portal.outbox.services import wake
from purchasing import stripe_gateway
from purchasing.exceptions import (
    AmountChanged,
    GatewayConflict,
    GatewayRefused,
    GatewayUnavailable,
    OrderClosed,
    OrderUnknown,
    PaymentUnderWay,
    PurchasingError,
)
from purchasing.models import CardSession, Order, Payment
from purchasing.stripe_gateway import GatewaySession, SessionTerms

from .documents import issue_quote
from .payments import settle

logger = logging.getLogger(__name__)

ACTOR = "job:stripe"
CLOSE = "purchasing.close_card_pages"
# A key that is taken leads to the next attempt; more than this at once is a fault.
MOST_CONFLICTS = 5
BATCH = 20


def open_card_page(*, order: Order, seen: Decimal) -> str:
    """Return the address of the page on which `seen`, what is due of the order, is paid by card.

    One page is open at a time: a second tab or a double click is led to the first. The amount is
    the order's own, whatever prices say today. Raises OrderClosed, AmountChanged,
    PaymentUnderWay, GatewayRefused and GatewayUnavailable.
    """
    order = Order.objects.select_related("buyer", "account").get(pk=order.pk)
    _check(order, seen)
    if page := _open_page(order, seen):
        return page
    session, attempt = _new_session(order, seen)
    order = _record(order=order, session=session, attempt=attempt)
    try:
        _check(order, seen)
    except PurchasingError:
        _expire(session.id)
        raise
    return session.url


def take_session(session: GatewaySession) -> Payment | None:
    """Note how a session ended and book its money; None while there is none, or if it is not ours.

    Safe to repeat and to call in any order. Raises PaymentReused, PaymentRefused and OrderUnknown.
    """
    order = order_of(session)
    if order is None:
        return None
    if not session.is_paid:
        _note(session)
        return None
    payment = settle(
        order=order,
        provider=Payment.Provider.STRIPE,
        external_id=session.payment_intent,
        amount=session.amount,
        currency=session.currency,
        received_on=min(clock.day_of(session.received_at), clock.today()),
        actor=ACTOR,
    )
    # Only now: a page that is noted as ended is asked for no more.
    _note(session)
    return payment


def order_of(session: GatewaySession) -> Order | None:
    """Return the order that a session pays; None for a session that this portal did not open.

    Raises OrderUnknown for one that it did open, for an order that is not there.
    """
    known = CardSession.objects.filter(external_id=session.id).select_related("order").first()
    if known:
        return known.order
    if session.portal != settings.BASE_URL or not session.order:
        return None
    order: Order | None = Order.objects.filter(number=session.order).first()
    if order is None:
        raise OrderUnknown
    return order


def end_card_pages(order: Order) -> None:
    """Have a locked order's open pages closed on commit: it ended, or costs something else now."""
    pages = order.card_sessions.filter(status=CardSession.Status.OPEN)
    if pages.update(expires_at=clock.now()):
        transaction.on_commit(partial(wake, CLOSE), robust=True)


def close_card_pages() -> int:
    """Look after pages that should have ended; return how many it looked at.

    Pages past their time, those of orders that can no longer be paid, and those opened before money
    came or was undone, for another amount than is due now, are closed, so that nobody pays there.
    What became of each is asked for, in case the event that tells it was lost.
    """
    moved = Q(booked_at__gt=OuterRef("created_at")) | Q(undone_at__gt=OuterRef("created_at"))
    stale = (
        Q(expires_at__lte=clock.now())
        | ~Q(order__status__in=Order.PAYABLE)
        | Q(Exists(Payment.objects.filter(moved, order=OuterRef("order"))))
    )
    pages = CardSession.objects.filter(stale, status=CardSession.Status.OPEN)
    found = list(pages.select_related("order").order_by("pk")[:BATCH])
    for page in found:
        _expire(page.external_id)
        try:
            take_session(stripe_gateway.fetch_session(page.external_id))
        except GatewayRefused:
            # Stripe has no such page, after a change of its account for one: nobody pays there.
            CardSession.objects.filter(pk=page.pk).update(status=CardSession.Status.EXPIRED)
        except GatewayUnavailable:
            raise
        except PurchasingError as refusal:
            # Staff see it by its event; the pages after it are looked after all the same.
            logger.error("The money of card page %s is not booked: %s", page.pk, refusal.code)
    return len(found)


@transactional
def switch_method(*, order: Order, method: str) -> Order:
    """Let the buyer pay in the other way; the price stays. Raises OrderClosed.

    By transfer, the order becomes a quote, which is mailed, unless it was accepted before.
    """
    order = locked(order)
    if not order.is_payable:
        raise OrderClosed
    if order.method == method:
        return order
    order.method = method
    order.status = order.status_unpaid
    order.save(update_fields=["method", "status"])
    if order.status == Order.Status.QUOTED:
        issue_quote(order)
    return order


def _check(order: Order, seen: Decimal) -> None:
    if not order.is_payable:
        raise OrderClosed
    if order.amount_due() != seen:
        raise AmountChanged


def _open_page(order: Order, due: Decimal) -> str:
    """Return the address of the order's page if one is open for this amount; close all others."""
    for page in order.card_sessions.filter(status=CardSession.Status.OPEN):
        session = stripe_gateway.fetch_session(page.external_id)
        if session.status == CardSession.Status.COMPLETE:
            raise PaymentUnderWay
        if session.status == CardSession.Status.EXPIRED:
            _note(session)
        elif (session.amount, session.currency) == (due, order.currency):
            return session.url
        else:
            _expire(session.id)
    return ""


def _new_session(order: Order, due: Decimal) -> tuple[GatewaySession, int]:
    """Open a session; a key that was used with other terms leads to the next attempt."""
    used = order.card_sessions.aggregate(last=Max("attempt"))["last"] or 0
    for attempt in range(used + 1, used + MOST_CONFLICTS):
        try:
            return stripe_gateway.create_session(_terms(order, due, attempt)), attempt
        except GatewayConflict:
            continue
    raise GatewayConflict


def _terms(order: Order, due: Decimal, attempt: int) -> SessionTerms:
    return SessionTerms(
        key=f"card:{order.number}:{order.key}:{attempt}",
        order=order.number,
        attempt=attempt,
        amount_cents=int(due * 100),
        currency=order.currency,
        title=f"{settings.PORTAL_NAME}: {formats.credits(order.credits)}, {order.number}",
        email=order.buyer.email,
        success_url=absolute(reverse("purchasing:card_return", args=[order.number])),
        cancel_url=absolute(reverse("purchasing:card_left", args=[order.number])),
    )


@transactional
def _record(*, order: Order, session: GatewaySession, attempt: int) -> Order:
    """Keep the session; return the order as it is now that its page is open."""
    order = locked(order)
    CardSession.objects.get_or_create(
        external_id=session.id,
        defaults={
            "order": order,
            "attempt": attempt,
            "url": session.url,
            "expires_at": session.expires_at,
        },
    )
    return order


def _note(session: GatewaySession) -> None:
    """Write what became of a session that has ended: that never changes again."""
    if session.status != CardSession.Status.OPEN:
        CardSession.objects.filter(external_id=session.id).update(
            status=session.status, payment_intent=session.payment_intent
        )


def _expire(session_id: str) -> None:
    """Close a page; one that has ended meanwhile keeps its outcome, which an event tells."""
    try:
        _note(stripe_gateway.expire_session(session_id))
    except GatewayRefused:
        return
