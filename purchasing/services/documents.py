"""Issuing the papers of an order: numbered without gaps per kind and year, and mailed."""

from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from purchasing import emails
from purchasing.documents import (
    credit_note_facts,
    invoice_facts,
    quote_facts,
    receipt_facts,
)
from purchasing.documents.facts import Facts
from purchasing.models import Document, Order, Refund

from .numbers import lock_series, next_number

PREFIXES = {
    Document.Kind.QUOTE: "QU",
    Document.Kind.INVOICE: "IN",
    Document.Kind.RECEIPT: "RE",
    Document.Kind.CREDIT_NOTE: "CN",
}


def issue_quote(order: Order) -> Document:
    """Issue the quote of a locked order and mail it; it replaces an earlier one."""
    document = _issue(order, Document.Kind.QUOTE, quote_facts(order))
    emails.queue_quote(document)
    return document


def issue_invoice(order: Order) -> Document:
    """Issue the invoice of a locked order and mail it; it replaces an earlier one."""
    document = _issue(order, Document.Kind.INVOICE, invoice_facts(order))
    emails.queue_invoice(document)
    return document


def issue_receipt(order: Order) -> Document:
    """Issue the receipt of a locked order that is paid; the confirmation mail brings it."""
    return _issue(order, Document.Kind.RECEIPT, receipt_facts(order))


@transactional
def issue_credit_note(*, refund: Refund) -> Document:
    """Issue the credit note of a refund and mail it to owner and accounts payable (rules.md 7).

    A refund has one: asked again, the first is returned and nothing is mailed.
    """
    order = locked(refund.order)
    if known := Document.objects.filter(refund=refund).first():
        return known
    document = _issue(order, Document.Kind.CREDIT_NOTE, credit_note_facts(refund), refund)
    emails.queue_credit_note(document)
    return document


def reissue(order: Order) -> None:
    """Issue the paper that asks for money anew, after a locked order's terms were corrected."""
    if not order.is_payable:
        return
    if order.accepted_at:
        issue_invoice(order)
    elif order.method == Order.Method.TRANSFER:
        issue_quote(order)


def _issue(
    order: Order, kind: Document.Kind, facts: Facts, refund: Refund | None = None
) -> Document:
    """Give a paper its number and keep it. Lock order: order, accounts, then the series."""
    series = lock_series(kind)
    if kind != Document.Kind.CREDIT_NOTE:
        current = order.documents.filter(kind=kind, replaced_at=None)
        current.update(replaced_at=clock.now())
    return Document.objects.create(
        order=order,
        refund=refund,
        kind=kind,
        number=next_number(series, PREFIXES[kind]),
        language=order.account.owner.language,
        facts=facts,
    )
