"""The mails about money that came and went back."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from accounts import passkeys
from accounts.models import Passkey
from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from purchasing.models import Document, Order

from .common import find_document, order_content, to_owner, to_payables

PAID = "purchasing.payment_received"
CREDIT_NOTE = "purchasing.credit_note"


def queue_payment_received(
    order: Order, passkey: Passkey, receipt: Document, *, is_first: bool
) -> None:
    """Confirm the payment to the owner, with passkey, how to use it, and receipt (rules.md 1)."""
    to_owner(
        PAID,
        order,
        fact=f"{PAID}:{receipt.number}",
        passkey=passkey.pk,
        document=receipt.pk,
        is_first=is_first,
    )


def queue_credit_note(document: Document) -> None:
    """Mail a credit note to the owner and to the accounts department (rules.md 7)."""
    fact = f"{CREDIT_NOTE}:{document.number}"
    for send in (to_owner, to_payables):
        send(CREDIT_NOTE, document.order, fact=fact, document=document.pk)


@builds(PAID)
def build_payment_received(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the confirmation. The passkey is the one of that day, never a later owner's."""
    passkey = Passkey.objects.select_related("account").get(pk=params["passkey"])
    account_id = passkey.account.public_id
    return order_content(
        "payment_received",
        params,
        recipient,
        find_document(params),
        is_first=params["is_first"],
        passkey="" if passkey.replaced_at else passkeys.reveal(passkey),
        catalogue_url=absolute(reverse("redemption:catalogue")),
        passkey_url=absolute(reverse("accounts:passkey", args=[account_id])),
        settings_url=absolute(reverse("accounts:settings", args=[account_id])),
    )


@builds(CREDIT_NOTE)
def build_credit_note(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the mail with a credit note."""
    document = find_document(params)
    return order_content("credit_note", params, recipient, document, refund=document.refund)
