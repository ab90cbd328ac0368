"""Paying refunds back through the provider: claimed row by row, tried until the answer is clear.

The credits left with the request. The gateway is called outside of transactions and with the
refund's own key, so that a repeat after a lost answer moves no money twice.
"""

import logging
from datetime import timedelta

from django.db.models import F

from credits_portal.lib import clock
from credits_portal.lib.locks import transactional
from purchasing import stripe_gateway
from purchasing.exceptions import GatewayError, GatewayRefused
from purchasing.models import Payment, Refund

from .recalls import locked_with_account
from .refunds import advance

logger = logging.getLogger(__name__)

# Longer than the gateway's own time-outs together; a killed worker's refund is done again then.
LEASE = timedelta(seconds=60)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
BATCH = 20
BY_WORKER = [Payment.Provider.STRIPE, Payment.Provider.SIMULATED]
# What Stripe says of a refund, in our words; everything else is still on its way.
STATES = {
    "succeeded": Refund.Status.DONE,
    "failed": Refund.Status.FAILED,
    "canceled": Refund.Status.FAILED,
}


def pay_back_due() -> int:
    """Try every refund that is due; return how many were tried."""
    waiting = Refund.objects.filter(
        status=Refund.Status.REQUESTED,
        origin=Refund.Origin.PORTAL,
        provider__in=BY_WORKER,
        next_try_at__lte=clock.now(),
    )
    due = list(waiting.order_by("next_try_at", "pk").values_list("pk", flat=True)[:BATCH])
    return sum(pay_back(refund_id) for refund_id in due)


def pay_back(refund_id: int) -> bool:
    """Claim one refund and ask the provider to pay it; tell whether it was ours to try."""
    now = clock.now()
    claimed = Refund.objects.filter(
        pk=refund_id, status=Refund.Status.REQUESTED, next_try_at__lte=now
    ).update(next_try_at=now + LEASE, attempts=F("attempts") + 1)
    if not claimed:
        return False
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    try:
        external_id, state = _asked(refund)
    except GatewayRefused as refusal:
        _finish(refund, Refund.Status.FAILED, error=str(refusal.detail or refusal))
    except GatewayError as trouble:
        logger.warning("Refund %s: the provider gave no clear answer: %s", refund.pk, trouble)
        _try_later(refund, error=str(trouble.detail or trouble))
    else:
        status = STATES.get(state, Refund.Status.REQUESTED)
        _finish(refund, status, external_id=external_id)
        if status == Refund.Status.REQUESTED:
            _try_later(refund)
    return True


def _asked(refund: Refund) -> tuple[str, str]:
    """Return the provider's id and state of the refund."""
    if refund.provider == Payment.Provider.SIMULATED:
        return f"simulated-{refund.key}", "succeeded"
    assert refund.payment is not None  # noqa: S101 (refunds of the portal have one)
    made = stripe_gateway.refund(
        payment_intent=refund.payment.external_id,
        amount=refund.amount,
        currency=refund.currency,
        key=refund.key,
    )
    return made.id, made.status


@transactional
def _finish(
    refund: Refund, status: Refund.Status, *, external_id: str = "", error: str = ""
) -> None:
    order = locked_with_account(refund.order_id)
    fresh = Refund.objects.get(pk=refund.pk)
    advance(order, fresh, status, external_id=external_id, made_on=clock.today(), error=error[:500])


def _try_later(refund: Refund, *, error: str = "") -> None:
    """Wait twice as long as before, up to six hours; staff see it in the reconciliation."""
    wait = min(FIRST_WAIT * 2 ** min(refund.attempts - 1, 16), LONGEST_WAIT)
    Refund.objects.filter(pk=refund.pk, status=Refund.Status.REQUESTED).update(
        next_try_at=clock.now() + wait, error=error[:500]
    )
