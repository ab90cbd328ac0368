"""The mails of an order on its way: quoted, invoiced, reminded of, cancelled."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from credits_portal.outbox.services import too_many
from purchasing.models import Document, Order
from purchasing.terms import CANCEL_AFTER

from .common import find_document, order_content, to_owner, to_payables

QUOTE = "purchasing.quote"
QUOTE_FOR_PAYABLES = "purchasing.quote_for_payables"
INVOICE = "purchasing.invoice"
INVOICE_FOR_PAYABLES = "purchasing.invoice_for_payables"
INVOICE_DUE = "purchasing.invoice_due"
CANCELLED = "purchasing.order_cancelled"

# A buyer can name any address as accounts payable, so that these are limited (mail bombing).
LIMITED = (QUOTE_FOR_PAYABLES, INVOICE_FOR_PAYABLES)


def queue_quote(document: Document) -> None:
    """Mail a quote to the owner, and to the accounts department with a page of its own."""
    to_owner(QUOTE, document.order, fact=f"{QUOTE}:{document.number}", document=document.pk)
    _queue_for_payables(QUOTE_FOR_PAYABLES, document)


def queue_invoice(document: Document) -> None:
    """Mail an invoice to the owner and to the accounts department."""
    to_owner(INVOICE, document.order, fact=f"{INVOICE}:{document.number}", document=document.pk)
    _queue_for_payables(INVOICE_FOR_PAYABLES, document)


def _queue_for_payables(name: str, document: Document) -> None:
    order = document.order
    if order.payables_email and not too_many(LIMITED, order.payables_email):
        to_payables(name, order, fact=f"{name}:{document.number}", document=document.pk)


def queue_invoice_due(order: Order, document: Document, *, step: int) -> None:
    """Remind owner and accounts department of an invoice: step 1 when due, 2 when overdue.

    Once for an order, a due date and a step; `invoices_to_remind` looks the key up.
    """
    fact = f"{INVOICE_DUE}:{order.number}:{order.due_on}:{step}"
    for send in (to_owner, to_payables):
        send(INVOICE_DUE, order, fact=fact, document=document.pk, step=step)


def queue_order_cancelled(order: Order, *, overdue: bool = False) -> None:
    """Tell the owner and the accounts department that nothing is to be paid any more."""
    moment = order.cancelled_at.isoformat() if order.cancelled_at else ""
    for send in (to_owner, to_payables):
        send(CANCELLED, order, fact=f"{CANCELLED}:{order.number}:{moment}", overdue=overdue)


@builds(QUOTE)
def build_quote(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's quote: what it costs, how to accept it and how to pay."""
    return order_content("quote", params, recipient, find_document(params))


@builds(QUOTE_FOR_PAYABLES)
def build_quote_for_payables(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the accounts department's copy of a quote, with a page that needs no sign-in."""
    return order_content("quote_for_payables", params, recipient, find_document(params))


@builds(INVOICE)
def build_invoice(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's mail with the invoice."""
    return order_content("invoice", params, recipient, find_document(params))


@builds(INVOICE_FOR_PAYABLES)
def build_invoice_for_payables(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the accounts department's mail with the invoice: all that is needed to pay it."""
    return order_content("invoice_for_payables", params, recipient, find_document(params))


@builds(INVOICE_DUE)
def build_invoice_due(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the reminder of an invoice that is due, or overdue."""
    document = find_document(params)
    due_on = document.order.due_on
    return order_content(
        "invoice_due",
        params,
        recipient,
        document,
        overdue=params["step"] > 1,
        cancelled_on=due_on + CANCEL_AFTER if due_on else None,
    )


@builds(CANCELLED)
def build_order_cancelled(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice that an order was cancelled."""
    return order_content(
        "order_cancelled",
        params,
        recipient,
        overdue=params["overdue"],
        buy_url=absolute(reverse("purchasing:buy")),
    )
