"""Undoing a receipt that was booked on the wrong order (rules.md 7.5)."""

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

    The lot is withdrawn whole and the order waits for its money again; the owner is told. The
    payment's reference can then be booked on the right order. Raises UndoRefused.
    """
    order = locked_with_account(payment.order_id)
    payment = Payment.objects.get(pk=payment.pk)
    if payment.undone_at:
        return payment
    _check(order, payment)
    payment.undone_at = clock.now()
    payment.undone_by = actor_name(actor)
    payment.undone_reason = reason
    payment.save(update_fields=["undone_at", "undone_by", "undone_reason"])
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


def _check(order: Order, payment: Payment) -> None:
    if payment.provider not in BY_HAND:
        raise UndoRefused("not_by_hand")
    refunds = order.refunds.exclude(status=Refund.Status.FAILED)
    if refunds.exists() or order.disputes.exclude(status=Dispute.Status.WON).exists():
        raise UndoRefused("money_back")
    rest = order.amount_received() - payment.amount
    is_needed = payment.currency == order.currency and rest < order.total
    if order.lot and is_needed and not _is_unspent(order):
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
    order.status = Order.Status.AWAITING
    order.save(update_fields=["lot", "paid_at", "status"])
    receipts = Document.objects.filter(order=order, kind=Document.Kind.RECEIPT, replaced_at=None)
    receipts.update(replaced_at=clock.now())
