"""What time does to orders: quotes expire, invoices are reminded of and in the end cancelled."""

from datetime import date
from functools import partial

from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from credits_portal.lib import clock, rounds
from credits_portal.lib.locks import locked, transactional
from credits_portal.outbox.models import OutboundMail
from purchasing import emails
from purchasing.exceptions import DueDateRefused, OrderClosed
from purchasing.models import Document, Order, Payment, Refund
from purchasing.terms import CANCEL_AFTER, REMIND_AFTER

from .documents import issue_invoice
from .payments import Actor, grant_if_complete
from .quotes import begin_invoice

JOB = "job:advance_orders"


def advance_orders() -> None:
    """Do what is due by today, each once: safe to repeat and to miss."""
    rounds.each(quotes_over(), _expire)
    rounds.each(invoices_over(), _cancel)
    for step in sorted(REMIND_AFTER):
        rounds.each(invoices_to_remind(step), partial(_remind, step=step))


def quotes_over() -> QuerySet[Order]:
    """Return unpaid orders whose price no longer holds; money that came keeps one open."""
    paid_in_part = Exists(Payment.objects.filter(order=OuterRef("pk"), undone_at=None))
    return Order.objects.filter(
        ~paid_in_part,
        quote_valid_until__lt=clock.today(),
        status__in=Order.PAYABLE,
        accepted_at=None,
    ).order_by("pk")


def invoices_over() -> QuerySet[Order]:
    """Return the orders whose invoice was due too long ago."""
    return _awaiting().filter(due_on__lte=clock.today() - CANCEL_AFTER)


def invoices_to_remind(step: int) -> QuerySet[Order]:
    """Return the orders to remind of now; of steps that were missed only the last is owed."""
    last_due = clock.today() - REMIND_AFTER[step]
    too_old = clock.today() - REMIND_AFTER.get(step + 1, CANCEL_AFTER)
    key = Concat(
        Value(f"{emails.INVOICE_DUE}:"), OuterRef("number"), Value(":"),
        Cast(OuterRef("due_on"), CharField()), Value(f":{step}"),
        output_field=CharField(),
    )  # fmt: skip
    told = Exists(OutboundMail.objects.filter(key=key))
    return _awaiting().filter(~told, due_on__lte=last_due, due_on__gt=too_old)


def _awaiting() -> QuerySet[Order]:
    return Order.objects.filter(status=Order.Status.AWAITING, accepted_at__isnull=False).order_by(
        "pk"
    )


@transactional
def _expire(order: Order) -> None:
    """End a quote whose days are over, unless it was accepted, renewed or paid meanwhile."""
    order = locked(order)
    if not order.is_payable or order.accepted_at or order.quote_holds:
        return
    if order.payments.filter(undone_at=None).exists():
        return
    order.status = Order.Status.EXPIRED
    order.save(update_fields=["status"])


@transactional
def _cancel(order: Order) -> None:
    """Cancel an order that nobody paid, and say so; what arrived for it is listed for refund."""
    order = locked(order)
    if order.status != Order.Status.AWAITING or not order.due_on:
        return
    if order.due_on > clock.today() - CANCEL_AFTER:
        return
    order.status = Order.Status.CANCELLED
    order.cancelled_at = clock.now()
    order.cancelled_by = JOB
    order.save(update_fields=["status", "cancelled_at", "cancelled_by"])
    emails.queue_order_cancelled(order, overdue=True)


@transactional
def _remind(order: Order, *, step: int) -> None:
    """Remind of an invoice if it is still owed."""
    order = locked(order)
    is_due = order.due_on and order.due_on + REMIND_AFTER[step] <= clock.today()
    if order.status != Order.Status.AWAITING or not is_due:
        return
    invoice = order.documents.get(kind=Document.Kind.INVOICE, replaced_at=None)
    emails.queue_invoice_due(order, invoice, step=step)


@transactional
def set_due_date(*, order: Order, due_on: date) -> Order:
    """Give an order its own due date; an invoice is issued anew with it, and mailed.

    Raises DueDateRefused and OrderClosed.
    """
    _refuse_past(due_on)
    order = locked(order)
    if not order.is_payable:
        raise OrderClosed
    if order.due_on == due_on:
        return order
    order.due_on = due_on
    order.save(update_fields=["due_on"])
    if order.accepted_at:
        issue_invoice(order)
    return order


@transactional
def reopen_order(*, order: Order, due_on: date, actor: Actor) -> Order:
    """Take up a cancelled or expired order again, at its own price, with a new invoice.

    Money that came meanwhile counts. Raises DueDateRefused, and OrderClosed also where money was
    paid back.
    """
    _refuse_past(due_on)
    order = locked(order)
    ended = (Order.Status.CANCELLED, Order.Status.EXPIRED)
    paid_back = order.refunds.exclude(status=Refund.Status.FAILED)
    if order.status not in ended or paid_back.exists():
        raise OrderClosed
    begin_invoice(order, due_on=due_on, actor=actor)
    grant_if_complete(order, actor=actor)
    if not order.is_paid:
        issue_invoice(order)
    return order


def _refuse_past(due_on: date) -> None:
    if due_on < clock.today():
        raise DueDateRefused
