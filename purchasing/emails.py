"""The mails of purchasing: per mail one function that queues it and one that builds it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts import passkeys
from accounts.models import Passkey
from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from credits_portal.outbox.services import queue, too_many

from .models import Order

PLACED = "purchasing.order_placed"
PLACED_FOR_PAYABLES = "purchasing.order_for_payables"
PAID = "purchasing.payment_received"
CANCELLED = "purchasing.order_cancelled"


def queue_order_placed(order: Order) -> None:
    """Tell the owner what was ordered, and the accounts department how to pay it."""
    _queue(order, PLACED, recipient=order.account.owner.email)
    queue_order_for_payables(order)


def queue_order_for_payables(order: Order) -> None:
    """Tell the accounts department how to pay; an address is told of an order once.

    Anyone can name any address, so that the mail is limited to a few an hour (mail bombing).
    """
    if order.payables_email and not too_many(PLACED_FOR_PAYABLES, order.payables_email):
        _queue(order, PLACED_FOR_PAYABLES, recipient=order.payables_email)


def queue_payment_received(order: Order, passkey: Passkey, *, is_first: bool) -> None:
    """Confirm the payment to the owner, with the passkey and how to use it (rules.md 1)."""
    _queue(
        order,
        PAID,
        recipient=order.account.owner.email,
        passkey=passkey.pk,
        is_first=is_first,
    )


def queue_order_cancelled(order: Order) -> None:
    """Tell the owner and the accounts department that nothing is to be paid any more."""
    for recipient in filter(None, {order.account.owner.email, order.payables_email}):
        _queue(order, CANCELLED, recipient=recipient)


def _queue(order: Order, name: str, *, recipient: str, **params: Any) -> None:
    owner = order.account.owner
    queue(
        name=name,
        recipient=recipient,
        key=f"{name}:{order.number}",
        params={"order": order.pk, **params},
        language=owner.language,
        about=f"account:{order.account_id}",
    )


@builds(PLACED)
def build_order_placed(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the owner's copy of an order: what it costs and how to pay."""
    order = _order(params)
    return Content(
        template="purchasing/order_placed",
        context={**_facts(order), "order_url": absolute(order.get_absolute_url())},
    )


@builds(PLACED_FOR_PAYABLES)
def build_order_for_payables(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the accounts department's copy: bank details and a page without signing in."""
    order = _order(params)
    return Content(template="purchasing/order_for_payables", context=_facts(order))


@builds(PAID)
def build_payment_received(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the confirmation. The passkey is the one of that day, never a later owner's."""
    order = _order(params)
    passkey = Passkey.objects.get(pk=params["passkey"])
    account_id = order.account.public_id
    return Content(
        template="purchasing/payment_received",
        context={
            **_facts(order),
            "is_first": params["is_first"],
            "passkey": "" if passkey.replaced_at else passkeys.reveal(passkey),
            "catalogue_url": absolute(reverse("redemption:catalogue")),
            "passkey_url": absolute(reverse("accounts:passkey", args=[account_id])),
            "settings_url": absolute(reverse("accounts:settings", args=[account_id])),
            "order_url": absolute(order.get_absolute_url()),
        },
    )


@builds(CANCELLED)
def build_order_cancelled(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the notice that an order was cancelled."""
    order = _order(params)
    return Content(
        template="purchasing/order_cancelled",
        context={
            **_facts(order),
            "received": order.amount_received(),
            "for_owner": recipient == order.account.owner.email,
            "buy_url": absolute(reverse("purchasing:buy")),
        },
    )


def _order(params: Mapping[str, Any]) -> Order:
    orders = Order.objects.select_related("account__owner", "buyer", "lot")
    order: Order = orders.get(pk=params["order"])
    return order


def _facts(order: Order) -> dict[str, Any]:
    return {
        "order": order,
        "shared_url": absolute(order.get_shared_url()),
        "bank_details": settings.BANK_DETAILS,
    }
