"""What does not add up between money, orders and credits, each with what to do about it.

A constant number of queries, whatever there is: each kind of finding is one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from credits_portal.lib import clock, formats
from purchasing.models import Order, Payment, ProviderEvent, Refund, Shortfall

# What is younger may still be under way.
EVENTS_TAKE = timedelta(minutes=15)
CARD_REFUNDS_TAKE = timedelta(hours=1)
TRANSFERS_OUT_TAKE = timedelta(days=3)
THE_REST_TAKES = timedelta(days=7)
MOST = 500

TODO = {
    "no_lot": gettext_lazy("The money is complete, the credits are missing. Tell the developers."),
    "no_payment": gettext_lazy(
        "Credits were granted without their money: a payment was changed by hand. "
        "Withdraw the credits or book the payment."
    ),
    "other_lot": gettext_lazy(
        "The lot is not what was ordered. Withdraw or grant the difference as an adjustment."
    ),
    "part_paid": gettext_lazy(
        "Ask the customer for the rest, book a small rest as a bank charge, or cancel the order "
        "and refund."
    ),
    "overpaid": gettext_lazy("Refund the excess; it takes no credits."),
    "after_end": gettext_lazy("Open the order again, or refund the money; it takes no credits."),
    "foreign": gettext_lazy("Ask for the order’s own currency, and refund this money."),
    "event": gettext_lazy(
        "Read its error under Provider’s events, mend the cause, apply it again."
    ),
    "refund_hangs": gettext_lazy(
        "By card: look in the provider’s pages, the portal keeps asking. "
        "By transfer: make it and note it, or give the refund up."
    ),
    "shortfall": gettext_lazy(
        "These credits were spent before their money went back. Ask the customer to pay; what "
        "comes back to the lot is withdrawn by itself."
    ),
    "too_much_back": gettext_lazy(
        "More money went back than came: refunded and disputed. Contest the dispute, or ask the "
        "customer to pay it back."
    ),
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that does not add up; `url` is its page in the back office."""

    kind: str
    what: str
    detail: str
    url: str

    @property
    def todo(self) -> str | Promise:
        """Return what to do about it."""
        return TODO[self.kind]


def findings() -> list[Finding]:
    """Return all that staff must look at, at most `MOST` of each kind."""
    return [*_orders(), *_events(), *_refunds(), *_shortfalls()]


def _orders() -> Iterator[Finding]:
    for kind, orders in _queries().items():
        for order in orders.order_by("pk")[:MOST]:
            detail = _("%(received)s received of %(total)s, %(status)s") % {
                "received": formats.money(order.received, order.currency),
                "total": formats.money(order.total, order.currency),
                "status": order.get_status_display(),
            }
            yield Finding(kind=kind, what=order.number, detail=detail, url=_page(order))


def _queries() -> dict[str, Any]:
    """Return the orders of each kind."""
    orders = Order.objects.with_money_left()
    payable = orders.filter(status__in=Order.PAYABLE)
    stale = Q(payments__undone_at=None, payments__booked_at__lt=clock.now() - THE_REST_TAKES)
    part_paid = Order.objects.filter(stale).values("pk")
    theirs = Q(
        lot__account=F("account"), lot__credits=F("credits"), lot__unit_price=F("unit_price")
    )
    with_lot = orders.filter(lot__isnull=False)
    return {
        "no_lot": payable.filter(received__gte=F("total")),
        "no_payment": with_lot.filter(received__lt=F("total")),
        "other_lot": with_lot.exclude(theirs),
        "part_paid": payable.filter(received__gt=0, received__lt=F("total"), pk__in=part_paid),
        "overpaid": Order.objects.overpaid(),
        "after_end": Order.objects.paid_after_end(),
        "foreign": Order.objects.with_foreign_money().with_received(),
        "too_much_back": orders.filter(left__lt=0),
    }


def _events() -> Iterator[Finding]:
    waiting = ProviderEvent.objects.filter(
        applied_at=None, received_at__lt=clock.now() - EVENTS_TAKE
    )
    for event in waiting.order_by("pk")[:MOST]:
        detail = event.error or _("not tried yet")
        yield Finding(kind="event", what=str(event), detail=detail, url=_page(event))


def _refunds() -> Iterator[Finding]:
    by_transfer = Q(provider=Payment.Provider.BANK)
    late = Q(~by_transfer, requested_at__lt=clock.now() - CARD_REFUNDS_TAKE) | Q(
        by_transfer, requested_at__lt=clock.now() - TRANSFERS_OUT_TAKE
    )
    hanging = Refund.objects.filter(late, status=Refund.Status.REQUESTED).select_related("order")
    for refund in hanging.order_by("pk")[:MOST]:
        amount = formats.money(refund.amount, refund.currency)
        detail = f"{amount}. {refund.error}".strip()
        what = refund.order.number
        yield Finding(kind="refund_hangs", what=what, detail=detail, url=_page(refund))


def _shortfalls() -> Iterator[Finding]:
    rows = Shortfall.objects.filter(closed_at=None)
    for row in rows.select_related("refund__order", "dispute__order").order_by("pk")[:MOST]:
        cause = row.refund or row.dispute
        assert cause is not None  # noqa: S101 (a constraint says that one of them is there)
        detail = _("%(missing)d credits missing") % {"missing": row.missing}
        what = cause.order.number
        yield Finding(kind="shortfall", what=what, detail=detail, url=_page(cause.order))


def _page(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
