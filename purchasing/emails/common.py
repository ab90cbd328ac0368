"""What the mails about orders share: recipients, facts and papers."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Attachment, Content
from credits_portal.outbox.services import queue
from purchasing.documents import render_pdf
from purchasing.models import Document, Order


def to_owner(name: str, order: Order, *, fact: str, **params: Any) -> None:
    """Queue the mail `name` to the owner of the order's account; `fact` owes it once."""
    _queue(name, order, order.account.owner.email, fact, params)


def to_payables(name: str, order: Order, *, fact: str, **params: Any) -> None:
    """Queue the mail `name` to accounts payable, where there is one that is not the owner."""
    if order.payables_email and order.payables_email != order.account.owner.email:
        _queue(name, order, order.payables_email, fact, params)


def _queue(name: str, order: Order, recipient: str, fact: str, params: Mapping[str, Any]) -> None:
    queue(
        name=name,
        recipient=recipient,
        key=fact,
        params={"order": order.pk, **params},
        language=order.account.owner.language,
        about=f"account:{order.account_id}",
    )


def order_content(
    template: str,
    params: Mapping[str, Any],
    recipient: str,
    document: Document | None = None,
    **extra: Any,
) -> Content:
    """Build a mail about an order as it stands when the mail is sent, with `document` as PDF."""
    order = find_order(params)
    context = {
        "order": order,
        "document": document,
        "due": order.amount_due(),
        "received": order.amount_received(),
        "for_owner": recipient == order.account.owner.email,
        "order_url": absolute(order.get_absolute_url()),
        "shared_url": absolute(order.get_shared_url()),
        "bank_details": settings.BANK_DETAILS,
        **extra,
    }
    papers = [as_attachment(document)] if document else []
    return Content(template=f"purchasing/{template}", context=context, attachments=papers)


def find_order(params: Mapping[str, Any]) -> Order:
    """Return the order that the mail is about."""
    orders = Order.objects.select_related("account__owner", "buyer", "lot")
    order: Order = orders.get(pk=params["order"])
    return order


def find_document(params: Mapping[str, Any]) -> Document:
    """Return the paper that goes with the mail."""
    return Document.objects.select_related("order", "refund").get(pk=params["document"])


def as_attachment(document: Document) -> Attachment:
    """Return the paper as it is attached."""
    return Attachment(
        filename=f"{document.number}.pdf",
        content=render_pdf(document),
        mimetype="application/pdf",
    )
