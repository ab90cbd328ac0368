"""Charge-backs: the bank takes the money back, and the account may not spend meanwhile."""

from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.services import freeze, release
from credits_portal.lib import clock
from credits_portal.lib.locks import transactional
from purchasing import emails
from purchasing.models import Dispute, Order, Payment

from .recalls import locked_with_account, money_moved

Status = Dispute.Status
# A decision beats the opening; one that was won in the end stays won, however the news came.
RANK = {Status.OPEN: 0, Status.LOST: 1, Status.WON: 2}


@transactional
def record_dispute(
    *,
    payment: Payment,
    external_id: str,
    amount: Decimal,
    currency: str,
    status: str,
    opened_at: datetime,
) -> Dispute:
    """Record what the provider says of a dispute (rules.md 7.3); repeats change nothing.

    Open and lost, it withdraws what the money stands for and freezes the account: a lost one until
    staff release it. Won, it gives back what it took and ends its freeze. `status` is "open",
    "won" or "lost"; any order of the news ends in the same.
    """
    order = locked_with_account(payment.order_id)
    dispute, is_new = Dispute.objects.get_or_create(
        provider=payment.provider,
        external_id=external_id,
        defaults={
            "order": order,
            "payment": payment,
            "amount": amount,
            "currency": currency,
            "opened_at": opened_at,
        },
    )
    is_later = RANK[Status(status)] > RANK[Status(dispute.status)]
    if is_later:
        dispute.status = status
        dispute.closed_at = clock.now()
        dispute.save(update_fields=["status", "closed_at"])
    if is_new or is_later:
        _follow(order, dispute, is_new=is_new)
    return dispute


def source_of(dispute: Dispute) -> str:
    """Return the name under which the dispute holds its account frozen."""
    return f"dispute:{dispute.pk}"


def _follow(order: Order, dispute: Dispute, *, is_new: bool) -> None:
    """Freeze or release, move the credits, and tell staff."""
    reason = f"Dispute {dispute.external_id} of order {order.number}: {dispute.status}"
    money_moved(order, reason=reason)
    account, source = order.account, source_of(dispute)
    if dispute.status == Status.WON:
        won = _("The dispute about order %s was won.") % order.number
        release(account=account, source=source, reason=won)
    elif is_new:
        disputed = _("The payment of order %s is disputed.") % order.number
        freeze(account=account, source=source, reason=disputed)
    emails.queue_dispute(dispute)
