"""The mails about bookings taken back, refunds that failed and disputes."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from credits_portal.lib.links import absolute
from credits_portal.outbox.registry import Content, builds
from credits_portal.outbox.services import queue
from purchasing.models import Dispute, Order, Payment, Refund

from .common import order_content, to_owner

UNDONE = "purchasing.payment_undone"
REFUND_FAILED = "purchasing.refund_failed"
DISPUTE = "purchasing.dispute"


def queue_payment_undone(payment: Payment) -> None:
    """Tell the owner that credits were granted by mistake and are taken back (rules.md 7.6)."""
    fact = f"{UNDONE}:{payment.pk}"
    to_owner(UNDONE, payment.order, fact=fact, payment=payment.pk)


def queue_refund_failed(refund: Refund) -> None:
    """Tell staff that money could not be paid back."""
    _to_staff(REFUND_FAILED, refund.order, f"{REFUND_FAILED}:{refund.pk}", refund=refund.pk)


def queue_dispute(dispute: Dispute) -> None:
    """Tell staff of a dispute, and how it ended."""
    fact = f"{DISPUTE}:{dispute.pk}:{dispute.status}"
    _to_staff(DISPUTE, dispute.order, fact, dispute=dispute.pk, status=dispute.status)


def _to_staff(name: str, order: Order, fact: str, **params: Any) -> None:
    queue(
        name=name,
        recipient=settings.SUPPORT_EMAIL,
        key=fact,
        params=params,
        about=f"account:{order.account_id}",
    )


@builds(UNDONE)
def build_payment_undone(params: Mapping[str, Any], recipient: str) -> Content:
    """Build the owner's notice."""
    payment = Payment.objects.get(pk=params["payment"])
    return order_content("payment_undone", params, recipient, payment=payment)


@builds(REFUND_FAILED)
def build_refund_failed(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the staff's notice of a refund that failed."""
    refund = Refund.objects.select_related("order__account").get(pk=params["refund"])
    return Content(
        template="purchasing/refund_failed",
        context={"refund": refund, "order": refund.order, "url": _staff_page(refund.order)},
    )


@builds(DISPUTE)
def build_dispute(params: Mapping[str, Any], _recipient: str) -> Content:
    """Build the staff's notice of a dispute as it stood then."""
    dispute = Dispute.objects.select_related("order__account").get(pk=params["dispute"])
    return Content(
        template="purchasing/dispute",
        context={
            "dispute": dispute,
            "order": dispute.order,
            "status": params["status"],
            "url": _staff_page(dispute.order),
        },
    )


def _staff_page(order: Order) -> str:
    return absolute(reverse("admin:purchasing_order_change", args=[order.pk]))
