"""Credits recalled because their money went back outside the portal (rules.md 7).

What an order's lots end with depends on the facts only: payments, refunds and disputes, each with
its last status. So nothing is added up event by event: `rebalance` compares what the facts ask for
with what was withdrawn, and books the difference. Refunds, disputes and shortfalls of an order
change only while the row of its account is locked.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from accounts import ledger
from accounts.models import CreditAccount, CreditLot, LedgerEntry
from accounts.services.returns import extend
from credits_portal.lib import clock
from credits_portal.lib.locks import locked
from purchasing import owed
from purchasing.models import Dispute, Order, Refund, Shortfall

ACTOR = "job:recalls"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A refund made outside the portal, or a dispute, that stands."""

    row: Refund | Dispute
    day: date
    amount: Decimal

    @property
    def shortfall(self) -> Shortfall | None:
        """Return what is, or was, missing for this claim."""
        return getattr(self.row, "shortfall", None)


def locked_with_account(order: Order) -> Order:
    """Lock an order and then its account; return the order read afresh."""
    order = locked(order)
    order.account = locked(CreditAccount(pk=order.account_id))
    return order


def rebalance(order: Order, *, reason: str) -> None:
    """Withdraw or give back what the facts of the order's money ask for; safe to repeat.

    Its account's row is locked. What comes back has at least 60 days to be used (rules.md 7.2).
    """
    if order.lot_id is None or not (order.refunds.exists() or order.disputes.exists()):
        return
    claims = claims_on(order)
    wanted = owed.shares(_terms(order, claims), [claim.amount for claim in claims])
    missing = sum(wanted) - _recalled(order)
    if missing > 0:
        _withdraw(order, missing, reason)
    elif missing < 0:
        _give_back(order, sum(wanted), reason)
    _share_out(order, claims, wanted)


def money_moved(order: Order, *, reason: str) -> None:
    """Rebalance a locked order after a payment of it was booked, and say whether it is paid."""
    if order.lot_id is not None and (order.refunds.exists() or order.disputes.exists()):
        locked(CreditAccount(pk=order.account_id))
        rebalance(order, reason=reason)
        settle_status(order)


def recover(entry: LedgerEntry) -> None:
    """Withdraw what is missing from the credits that `entry` returned, oldest claim first."""
    short = Shortfall.objects.filter(closed_at=None, lot__account=entry.account_id)
    for order in Order.objects.filter(lot__in=short.values("lot")).order_by("pk"):
        rebalance(order, reason="Returned credits whose money had gone back")


def claims_on(order: Order) -> list[Claim]:
    """Return the claims on the order's money in its own currency, oldest first."""
    own = {"currency": order.currency, "payment__currency": order.currency}
    refunds = order.refunds.filter(origin=Refund.Origin.PROVIDER, **own)
    disputes = order.disputes.filter(**own).exclude(status=Dispute.Status.WON)
    claims = [
        Claim(row=row, day=row.paid_on or clock.day_of(row.requested_at), amount=row.amount)
        for row in refunds.exclude(status=Refund.Status.FAILED).select_related("shortfall")
    ]
    claims += [
        Claim(row=row, day=clock.day_of(row.opened_at), amount=row.amount)
        for row in disputes.select_related("shortfall")
    ]
    return sorted(claims, key=lambda claim: (claim.day, claim.row.external_id))


def lots_of(order: Order) -> QuerySet[CreditLot]:
    """Return the order's lot, and those to which its credits came back with 60 days to use."""
    issued = LedgerEntry.objects.filter(
        account=order.account_id,
        kind=LedgerEntry.Kind.ISSUE,
        key__startswith=f"returned:{order.number}:",
    )
    came_back = CreditLot.objects.filter(postings__entry__in=issued)
    return CreditLot.objects.filter(Q(pk=order.lot_id) | Q(pk__in=came_back)).order_by("pk")


def excess(order: Order) -> Decimal:
    """Return the money beyond what the order costs, in its currency, that is still here.

    For an order without a lot that can no longer be paid that is all of it (trust.md I8).
    """
    back = sum((claim.amount for claim in claims_on(order)), Decimal(0))
    if order.lot_id is None:
        back += _refunded(order.refunds.all(), order)
        return max(order.amount_received() - _owed_by_buyer(order) - back, Decimal(0))
    return max(_free(order) - back, Decimal(0))


def settle_status(order: Order) -> None:
    """Say of a locked order with a lot whether all of its money has gone back."""
    if order.lot_id is None:
        return
    own = {"currency": order.currency, "payment__currency": order.currency}
    back = _sum(order.refunds.filter(status=Refund.Status.DONE, **own))
    back += _sum(order.disputes.filter(status=Dispute.Status.LOST, **own))
    is_back = back >= order.amount_received()
    status = Order.Status.REFUNDED if is_back else Order.Status.PAID
    if order.status != status:
        order.status = status
        order.save(update_fields=["status"])


def _terms(order: Order, claims: list[Claim]) -> owed.Terms:
    kept = order.refunds.filter(origin=Refund.Origin.PORTAL).exclude(status=Refund.Status.FAILED)
    refunded: int = kept.aggregate(sum=Coalesce(Sum("credits"), 0))["sum"]
    return owed.Terms(
        credits=order.credits - refunded,
        unit_price=order.unit_price,
        net=order.net,
        total=order.total,
        free=_free(order) if claims else Decimal(0),
    )


def _free(order: Order) -> Decimal:
    """Return what came beyond the total, less what the portal has sent back of it."""
    sent_back = _refunded(order.refunds.filter(credits=0), order)
    return max(order.amount_received() - order.total - sent_back, Decimal(0))


def _refunded(refunds: QuerySet[Refund], order: Order) -> Decimal:
    own = refunds.filter(
        origin=Refund.Origin.PORTAL, currency=order.currency, payment__currency=order.currency
    )
    return _sum(own.exclude(status=Refund.Status.FAILED))


def _owed_by_buyer(order: Order) -> Decimal:
    return order.total if order.is_payable else Decimal(0)


def _sum(rows: QuerySet[Refund] | QuerySet[Dispute]) -> Decimal:
    """Add up in decimals: SQLite would add binary fractions."""
    return sum(rows.values_list("amount", flat=True), Decimal(0))


def _entries(order: Order) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(
        account=order.account_id, key__startswith=f"recall:{order.number}:"
    )


def _recalled(order: Order) -> int:
    """Return the credits that are withdrawn now, of all that was recalled."""
    signed = Case(When(kind=LedgerEntry.Kind.WITHDRAW, then="credits"), default=-F("credits"))
    total: int = _entries(order).aggregate(sum=Coalesce(Sum(signed), 0))["sum"]
    return total


def _key(order: Order) -> str:
    return f"recall:{order.number}:{_entries(order).count() + 1}"


def _withdraw(order: Order, missing: int, reason: str) -> None:
    usable = lots_of(order).filter(last_day__gte=clock.today(), available__gt=0)
    for lot in usable:
        credits = min(lot.available, missing)
        if credits:
            ledger.withdraw(lot=lot, credits=credits, key=_key(order), actor=ACTOR, reason=reason)
            missing -= credits


def _give_back(order: Order, wanted: int, reason: str) -> None:
    """Restore down to `wanted`, latest first; what is missing elsewhere is taken of it at once."""
    while (too_many := _recalled(order) - wanted) > 0:
        withdrawn = _entries(order).filter(kind=LedgerEntry.Kind.WITHDRAW)
        open_ones = withdrawn.annotate(left=F("credits") - Coalesce(Sum("reversals__credits"), 0))
        entry = open_ones.filter(left__gt=0).latest("number")
        restored = ledger.restore(
            entry=entry,
            credits=min(entry.left, too_many),
            key=_key(order),
            actor=ACTOR,
            reason=reason,
        )
        key = f"returned:{order.number}:{restored.number}"
        extend(restored, key=key, actor=ACTOR, reason=reason)


def _share_out(order: Order, claims: list[Claim], wanted: list[int]) -> None:
    """Write what each claim got of the credits recalled, and what it misses, oldest first."""
    left = _recalled(order)
    for claim, credits in zip(claims, wanted, strict=True):
        got = min(credits, left)
        left -= got
        if claim.row.credits != got:
            claim.row.credits = got
            claim.row.save(update_fields=["credits"])
        _note_missing(order, claim, credits - got)
    _forget_others(order, claims)


def _note_missing(order: Order, claim: Claim, missing: int) -> None:
    row = claim.shortfall
    if row is None:
        if not missing:
            return
        kind = "refund" if isinstance(claim.row, Refund) else "dispute"
        row = Shortfall(**{kind: claim.row}, lot=order.lot)
    row.credits = max(row.credits or 0, missing)
    row.recovered = row.credits - missing
    row.closed_at = None if missing else row.closed_at or clock.now()
    row.save()


def _forget_others(order: Order, claims: list[Claim]) -> None:
    """End what ended claims (a refund that failed, a dispute won) got and missed."""
    standing = [claim.row.pk for claim in claims if isinstance(claim.row, Refund)]
    order.refunds.filter(origin=Refund.Origin.PROVIDER, credits__gt=0).exclude(
        pk__in=standing
    ).update(credits=0)
    disputes = [claim.row.pk for claim in claims if isinstance(claim.row, Dispute)]
    order.disputes.filter(credits__gt=0).exclude(pk__in=disputes).update(credits=0)
    open_ones = Shortfall.objects.filter(lot=order.lot_id, closed_at=None)
    open_ones.exclude(refund__in=standing).exclude(dispute__in=disputes).update(
        closed_at=clock.now()
    )
