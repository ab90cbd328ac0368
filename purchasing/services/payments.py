"""Booking money: the one way in for every provider (design: `settle`)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import Q

from accounts import ledger, passkeys
from accounts.models import LedgerEntry, User
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from purchasing import emails
from purchasing.exceptions import PaymentRefused, PaymentReused, ShortfallRefused
from purchasing.models import Order, Payment
from purchasing.pricing import cents
from purchasing.signals import order_paid
from purchasing.terms import last_usable_day, purchase_date

from . import recalls
from .documents import issue_receipt

CURRENCY_LENGTH = 3
Actor = User | str


@dataclass(frozen=True, kw_only=True)
class Settlement:
    """What a payment would do to an order: shown to staff before they book it."""

    grants: bool
    due: Decimal
    excess: Decimal
    purchased_on: date
    last_day: date


@transactional
def settle(
    *,
    order: Order,
    provider: str,
    external_id: str,
    amount: Decimal,
    currency: str,
    received_on: date,
    actor: Actor,
    reason: str = "",
) -> Payment:
    """Book money that arrived for `order` and grant its credits once the total is reached.

    Safe to repeat: the same provider and external id return the first payment (raises
    PaymentReused if order, amount or currency differ). A payment of a closed order, in another
    currency or beyond the total is booked and listed for refund; it grants nothing (trust.md I8).
    Raises PaymentRefused.
    """
    _check(amount=amount, currency=currency, received_on=received_on)
    order = locked(order)
    payment, is_new = Payment.objects.get_or_create(
        provider=provider,
        external_id=external_id,
        undone_at=None,
        defaults={
            "order": order,
            "amount": amount,
            "currency": currency,
            "received_on": received_on,
            "actor": actor_name(actor),
            "reason": reason,
        },
    )
    if is_new:
        if not grant_if_complete(order, actor=actor):
            recalls.money_moved(order, reason=f"Payment {external_id} of order {order.number}")
    elif (payment.order_id, payment.amount, payment.currency) != (order.pk, amount, currency):
        raise PaymentReused
    return payment


@transactional
def write_off_shortfall(*, order: Order, reason: str, actor: Actor) -> Payment:
    """Book what banks on the way kept of a transfer as a payment of its own; grant the credits.

    Up to SHORTFALL_LIMIT, and only where money has come. The year runs as if the last transfer
    had been complete. Raises ShortfallRefused.
    """
    order = locked(order)
    if not can_write_off(order):
        raise ShortfallRefused
    written_off = order.payments.filter(provider=Payment.Provider.CHARGES).count()
    return settle(
        order=order,
        provider=Payment.Provider.CHARGES,
        external_id=f"{order.number}-{written_off + 1}",
        amount=order.amount_due(),
        currency=order.currency,
        received_on=max(_dates_received(order)),
        actor=actor,
        reason=reason,
    )


def can_write_off(order: Order) -> bool:
    """Tell whether what is left to pay is small enough to be booked as a bank charge."""
    due = order.amount_due()
    is_small = 0 < due <= settings.SHORTFALL_LIMIT and due < order.total
    return order.is_payable and is_small


def preview(*, order: Order, amount: Decimal, currency: str, received_on: date) -> Settlement:
    """Tell what booking the payment would do now. Raises PaymentRefused."""
    _check(amount=amount, currency=currency, received_on=received_on)
    counted = amount if currency == order.currency else Decimal(0)
    received = order.amount_received() + counted
    owed = order.total if order.is_payable or order.is_paid else Decimal(0)
    received_last = max([received_on, *_dates_received(order)])
    purchased_on = purchase_date(received_on=received_last, booked_on=clock.today())
    return Settlement(
        grants=order.is_payable and received >= order.total,
        due=max(owed - received, Decimal(0)),
        excess=max(received - owed, Decimal(0)),
        purchased_on=purchased_on,
        last_day=last_usable_day(purchased_on),
    )


def grant_if_complete(order: Order, *, actor: Actor) -> bool:
    """Issue the lot of a locked, payable order whose payments reach its total (rules.md 3).

    Money of it that has gone back meanwhile takes its credits along at once (rules.md 7). Tells
    whether it granted.
    """
    if not order.is_payable or order.amount_received() < order.total:
        return False
    _grant(order, actor=actor)
    recalls.money_moved(order, reason=f"Order {order.number} paid")
    return True


def actor_name(actor: Actor) -> str:
    """Return who booked, for the record: never an address."""
    return actor if isinstance(actor, str) else f"user:{actor.pk}"


def _grant(order: Order, *, actor: Actor) -> None:
    """Issue the lot, mark the order as paid, and confirm it."""
    purchased_on = purchase_date(received_on=max(_dates_received(order)), booked_on=clock.today())
    order.lot = ledger.issue(
        account=order.account,
        credits=order.credits,
        unit_price=order.unit_price,
        purchased_on=purchased_on,
        last_day=last_usable_day(purchased_on),
        key=_lot_key(order),
        actor=actor,
        reason=f"Order {order.number} paid",
    )
    order.status = Order.Status.PAID
    order.paid_at = clock.now()
    order.save(update_fields=["lot", "status", "paid_at"])
    passkey, is_first = passkeys.ensure(account=order.account)
    order_paid.send(sender=Order, order=order, lot=order.lot)
    receipt = issue_receipt(order)
    emails.queue_payment_received(order, passkey, receipt, is_first=is_first)


def _lot_key(order: Order) -> str:
    """Return the ledger's key for the order's next lot: it has had one if that was undone."""
    first = f"order:{order.number}"
    entries = LedgerEntry.objects.filter(account=order.account_id, kind=LedgerEntry.Kind.ISSUE)
    earlier = entries.filter(Q(key=first) | Q(key__startswith=f"{first}:")).count()
    return f"{first}:{earlier + 1}" if earlier else first


def _dates_received(order: Order) -> list[date]:
    payments = order.payments.filter(currency=order.currency, undone_at=None)
    return list(payments.values_list("received_on", flat=True))


def _check(*, amount: Decimal, currency: str, received_on: date) -> None:
    if not (isinstance(amount, Decimal) and amount.is_finite() and amount > 0):
        raise PaymentRefused
    if amount != cents(amount) or len(currency) != CURRENCY_LENGTH or not currency.isupper():
        raise PaymentRefused
    if received_on > clock.today():
        raise PaymentRefused
