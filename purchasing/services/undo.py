"""Undoing a receipt that was booked on the wrong order (rules.md 7.6)."""

from django.db.models import Q

from accounts import ledger
from credits_portal.lib import clock
from credits_portal.lib.locks import transactional
from purchasing import emails
from purchasing.exceptions import UndoRefused
from purchasing.models import Dispute, Document, Order, Payment, Refund

from .payments import Actor, actor_name
from .recalls import locked_with_account

BY_HAND = [Payment.Provider.BANK, Payment.Provider.CHARGES]


@transactional
def undo_payment(*, payment: Payment, reason: str, actor: Actor) -> Payment:
    """Take a booking back while the credits it granted are unspent; repeating changes nothing.

    The lot is withdrawn whole and the order waits for its money again; the owner is told. What was
    written off to complete it is money that never came, and ends with it. The payment's reference
    can then be booked on the right order. Raises UndoRefused.
    """
    order = locked_with_account(payment.order_id)
    payment = Payment.objects.get(pk=payment.pk)
    if payment.undone_at:
        return payment
    _check(order, payment)
    _mark_undone(order, payment, reason=reason, actor=actor)
    if order.lot_id and order.amount_received() < order.total:
        _take_back_lot(order, payment, actor)
        emails.queue_payment_undone(payment)
    return payment


def is_undoable(payment: Payment) -> bool:
    """Tell whether the payment could be undone now."""
    try:
        _check(payment.order, payment)
    except UndoRefused:
        return False
    return payment.undone_at is None


def _mark_undone(order: Order, payment: Payment, *, reason: str, actor: Actor) -> None:
    undone = Q(pk=payment.pk)
    if _is_needed(order, payment):
        undone |= Q(provider=Payment.Provider.CHARGES)
    marks = {"undone_at": clock.now(), "undone_by": actor_name(actor), "undone_reason": reason}
    order.payments.filter(undone, undone_at=None).update(**marks)
    payment.refresh_from_db()


def _is_needed(order: Order, payment: Payment) -> bool:
    """Tell whether the order would be incomplete without the payment."""
    rest = order.amount_received() - payment.amount
    return payment.currency == order.currency and rest < order.total


def _check(order: Order, payment: Payment) -> None:
    if payment.provider not in BY_HAND:
        raise UndoRefused("not_by_hand")
    refunds = order.refunds.exclude(status=Refund.Status.FAILED)
    if refunds.exists() or order.disputes.exclude(status=Dispute.Status.WON).exists():
        raise UndoRefused("money_back")
    if order.lot and _is_needed(order, payment) and not _is_unspent(order):
        raise UndoRefused("spent")


def _is_unspent(order: Order) -> bool:
    """Tell whether the order's lot is as it was issued."""
    lot = order.lot
    if lot is None:
        return True
    lot.refresh_from_db()
    return lot.available == lot.credits and lot.last_day >= clock.today()


def _take_back_lot(order: Order, payment: Payment, actor: Actor) -> None:
    lot = order.lot
    assert lot is not None  # noqa: S101 (narrows the type)
    ledger.withdraw(
        lot=lot,
        credits=lot.credits,
        key=f"undo:{payment.pk}",
        actor=actor,
        reason=f"Payment {payment.external_id} undone: {payment.undone_reason}"[:500],
    )
    order.lot = None
    order.paid_at = None
    order.status = order.status_unpaid
    order.save(update_fields=["lot", "paid_at", "status"])
    receipts = Document.objects.filter(order=order, kind=Document.Kind.RECEIPT, replaced_at=None)
    receipts.update(replaced_at=clock.now())
