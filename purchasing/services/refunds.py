"""Money back: refunds decided in the portal, and those made in the provider's own pages."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from accounts import ledger
from accounts.services.returns import extend
from credits_portal.lib import clock
from credits_portal.lib.locks import transactional
from credits_portal.outbox.services import wake
from purchasing import emails
from purchasing.exceptions import RefundRefused
from purchasing.facts import Facts
from purchasing.models import Dispute, Document, Order, Payment, Refund
from purchasing.pricing import cents

from .documents import issue_credit_note
from .payments import Actor, actor_name
from .recalls import locked_with_account, money_moved

Status = Refund.Status
PAY = "purchasing.pay_refunds"
# A refund can fail after it was done, never the other way: the later state wins, however told.
RANK = {Status.REQUESTED: 0, Status.DONE: 1, Status.FAILED: 2}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a refund would take and pay; `left` credits stay unspent in the order's lot."""

    credits: int
    net: Decimal
    tax: Decimal
    currency: str
    left: int

    @property
    def amount(self) -> Decimal:
        """Return the money that goes back."""
        return self.net + self.tax


def preview_refund(
    *, order: Order, payment: Payment, credits: int = 0, amount: Decimal | None = None
) -> Plan:
    """Tell what the refund would do now (rules.md 7.1). Raises RefundRefused.

    Either `credits`, unspent and unheld, at the net price paid for each and their share of the
    tax; or an `amount` that came beyond what the order costs, which takes no credits.
    """
    if payment.order_id != order.pk or bool(credits) == (amount is not None):
        raise RefundRefused("nothing")
    if payment.provider == Payment.Provider.CHARGES:
        raise RefundRefused("written_off")
    plan = _of_credits(order, payment, credits) if credits else _of_excess(order, payment, amount)
    if plan.amount > refundable(payment):
        raise RefundRefused("no_money")
    return plan


@transactional
def request_refund(
    *,
    order: Order,
    payment: Payment,
    reason: str,
    actor: Actor,
    key: str,
    credits: int = 0,
    amount: Decimal | None = None,
    by_transfer: bool = False,
) -> Refund:
    """Take the credits now and have the money paid back: by a worker, or by staff's transfer.

    What came by transfer goes back by transfer; `by_transfer` sends a card's money back that way
    too, where the card service takes it no more. The same `key` again returns the first refund.
    Raises RefundRefused, also for a key that made another one.
    """
    provider = Payment.Provider.BANK if by_transfer else payment.provider
    order = locked_with_account(order.pk)
    if known := Refund.objects.filter(key=key).first():
        return _same(known, (order.pk, payment.pk, provider, credits), amount)
    plan = preview_refund(order=order, payment=payment, credits=credits, amount=amount)
    refund = Refund(
        order=order,
        payment=payment,
        key=key,
        provider=provider,
        origin=Refund.Origin.PORTAL,
        status=Status.REQUESTED,
        credits=plan.credits,
        net=plan.net,
        tax=plan.tax,
        amount=plan.amount,
        currency=plan.currency,
        reason=reason,
        actor=actor_name(actor),
        requested_at=clock.now(),
        next_try_at=clock.now(),
    )
    if order.lot and credits:
        refund.entry = ledger.withdraw(
            lot=order.lot, credits=credits, key=f"refund:{key}", actor=actor, reason=reason
        )
    refund.save()
    transaction.on_commit(partial(wake, PAY), robust=True)
    return refund


@transactional
def record_provider_refund(
    *,
    payment: Payment,
    external_id: str,
    amount: Decimal,
    currency: str,
    status: str,
    made_on: date,
    key: str | None = None,
) -> Refund:
    """Record what the provider says of a refund: ours, known by `key`, or made in its own pages.

    Repeats and any order of states end in the same. What was made outside withdraws amount / unit
    price, rounded up; what is not left is a shortfall (rules.md 7.2). `status` is "requested",
    "done" or "failed".
    """
    order = locked_with_account(payment.order_id)
    refund = _known(payment, external_id, key)
    if refund is None:
        told = {"external_id": external_id, "amount": amount, "currency": currency}
        refund = _made_outside(order, payment, paid_on=made_on, **told)
        if status == Status.REQUESTED:
            return _follow(order, refund)
    return advance(order, refund, Status(status), external_id=external_id, made_on=made_on)


@transactional
def record_transfer_out(*, refund: Refund, reference: str, paid_on: date, actor: Actor) -> Refund:
    """Note the bank transfer by which staff paid a refund back. Raises RefundRefused."""
    order = locked_with_account(refund.order_id)
    refund = Refund.objects.get(pk=refund.pk)
    if refund.provider != Payment.Provider.BANK or refund.status == Status.FAILED:
        raise RefundRefused("not_waiting")
    if refund.status == Status.DONE:
        return refund
    if Refund.objects.filter(provider=refund.provider, external_id=reference).exists():
        raise RefundRefused("reference_used")
    refund.actor = actor_name(actor)
    refund.save(update_fields=["actor"])
    return advance(order, refund, Status.DONE, external_id=reference, made_on=paid_on)


@transactional
def give_up_refund(*, refund: Refund, reason: str) -> Refund:
    """End a refund by transfer that is not paid; its credits come back. Raises RefundRefused."""
    order = locked_with_account(refund.order_id)
    refund = Refund.objects.get(pk=refund.pk)
    if refund.provider != Payment.Provider.BANK or refund.status == Status.DONE:
        raise RefundRefused("not_waiting")
    return advance(order, refund, Status.FAILED, error=reason)


def advance(
    order: Order,
    refund: Refund,
    status: Refund.Status,
    *,
    external_id: str = "",
    made_on: date | None = None,
    error: str = "",
) -> Refund:
    """Take a refund to a later status, with what follows from it; order and account are locked."""
    is_new = RANK[status] > RANK[Status(refund.status)]
    is_named = bool(external_id and not refund.external_id)
    if is_named:
        refund.external_id = external_id
    if is_new:
        refund.status = status
        refund.error = error
        if status == Status.DONE:
            refund.paid_on = refund.paid_on or made_on
    if is_new or is_named:
        refund.save(update_fields=["external_id", "status", "error", "paid_on"])
    return refund if not is_new else _follow(order, refund)


def refundable(payment: Payment) -> Decimal:
    """Return what is left of a payment: neither paid back, nor on its way back, nor disputed."""
    refunds = payment.refunds.exclude(status=Status.FAILED)
    disputes = payment.disputes.exclude(status=Dispute.Status.WON)
    gone = [*refunds.values_list("amount", flat=True), *disputes.values_list("amount", flat=True)]
    return Decimal(0) if payment.undone_at else payment.amount - sum(gone, Decimal(0))


def share_of(order: Order, *, credits: int) -> tuple[Decimal, Decimal]:
    """Return net and tax of `credits` refunded next; all of them add up to what was paid."""
    refunded = order.refunds.filter(origin=Refund.Origin.PORTAL).exclude(status=Status.FAILED)
    before = sum(refunded.values_list("credits", flat=True))
    net, tax = (
        cents(whole * (before + credits) / order.credits) - cents(whole * before / order.credits)
        for whole in (order.net, order.tax)
    )
    return net, tax


def _follow(order: Order, refund: Refund) -> Refund:
    """Do what follows from a refund's new status."""
    if refund.status == Status.FAILED:
        _undo(refund)
    money_moved(order, reason=_reason(refund))
    refund.refresh_from_db()
    if refund.status == Status.DONE:
        issue_credit_note(refund=refund)
    return refund


def _of_credits(order: Order, payment: Payment, credits: int) -> Plan:
    lot = order.lot
    if lot is None:
        raise RefundRefused("no_lot")
    if payment.currency != order.currency:
        raise RefundRefused("currency")
    lot.refresh_from_db()
    available = lot.available if lot.last_day >= clock.today() else 0
    if not 0 < credits <= available:
        raise RefundRefused("no_credits")
    net, tax = share_of(order, credits=credits)
    left = available - credits
    return Plan(credits=credits, net=net, tax=tax, currency=order.currency, left=left)


def _of_excess(order: Order, payment: Payment, amount: Decimal | None) -> Plan:
    if amount is None or not amount.is_finite() or amount <= 0 or amount != cents(amount):
        raise RefundRefused("nothing")
    if payment.currency == order.currency and amount > Facts(order).excess:
        raise RefundRefused("no_excess")
    left = order.lot.available if order.lot else 0
    return Plan(credits=0, net=amount, tax=Decimal(0), currency=payment.currency, left=left)


def _same(known: Refund, asked: tuple[int, int, str, int], amount: Decimal | None) -> Refund:
    """Return the refund that the key made if it is what is asked for again."""
    made = (known.order_id, known.payment_id, known.provider, known.credits)
    if made != asked or amount not in (None, known.amount):
        raise RefundRefused("key_reused")
    return known


def _known(payment: Payment, external_id: str, key: str | None) -> Refund | None:
    refunds = Refund.objects.filter(order=payment.order_id)
    ours = refunds.filter(key=key, origin=Refund.Origin.PORTAL).first() if key else None
    return ours or refunds.filter(provider=payment.provider, external_id=external_id).first()


def _made_outside(order: Order, payment: Payment, **told: Any) -> Refund:
    """Keep a refund made outside; its credits are counted when the order is rebalanced."""
    amount = told["amount"]
    net = cents(amount * order.net / order.total) if order.lot_id else amount
    return Refund.objects.create(
        order=order,
        payment=payment,
        key=f"{payment.provider}:{told['external_id']}"[:64],
        provider=payment.provider,
        origin=Refund.Origin.PROVIDER,
        status=Status.REQUESTED,
        net=net,
        tax=amount - net,
        reason="Paid back outside the portal",
        actor=f"job:{payment.provider}",
        **told,
    )


def _undo(refund: Refund) -> None:
    """Give the credits of a refund that failed back, and tell staff; its credit note is void."""
    if refund.entry and refund.credits:
        terms = {"key": f"refund:{refund.key}:back", "actor": "job:refunds"}
        reason = _reason(refund)
        entry = ledger.restore(entry=refund.entry, credits=refund.credits, reason=reason, **terms)
        extend(entry, reason=reason, **terms)
    Document.objects.filter(refund=refund, replaced_at=None).update(replaced_at=clock.now())
    emails.queue_refund_failed(refund)


def _reason(refund: Refund) -> str:
    name = refund.external_id or refund.key
    return f"Refund {name} of order {refund.order.number}: {refund.status}"
