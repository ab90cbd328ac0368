"""Credits recalled because their money went back outside the portal (rules.md 7).

What an order's lots end with depends on the facts only: payments, refunds and disputes, each with
its last status. So nothing is added up event by event: `rebalance` compares what the facts ask for
with what was withdrawn, and books the difference. Refunds, disputes and shortfalls of an order
change only while the row of its account is locked.
"""

from collections.abc import Mapping

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from accounts import ledger
from accounts.models import CreditAccount, CreditLot, LedgerEntry
from accounts.services.returns import extend
from credits_portal.lib import clock
from credits_portal.lib.locks import locked
from purchasing.facts import Claim, Facts
from purchasing.models import Order, Refund, Shortfall

ACTOR = "job:recalls"


def locked_with_account(order_id: int) -> Order:
    """Lock an order and then its account; return the order read afresh."""
    order = locked(Order(pk=order_id))
    order.account = locked(CreditAccount(pk=order.account_id))
    return order


def money_moved(order: Order, *, reason: str) -> None:
    """Follow a fact about the money of an order with a lot: credits, then paid or refunded.

    The order is locked, and its account is from here on.
    """
    if order.lot_id is None:
        return
    locked(CreditAccount(pk=order.account_id))
    facts = Facts(order)
    rebalance(facts, reason=reason)
    status = Order.Status.REFUNDED if facts.is_all_back else Order.Status.PAID
    if order.status != status:
        order.status = status
        order.save(update_fields=["status"])


def recover(entry: LedgerEntry) -> None:
    """Withdraw what is missing from the credits that `entry` returned, oldest claim first."""
    short = Shortfall.objects.filter(closed_at=None, lot__account=entry.account_id)
    for order in Order.objects.filter(lot__in=short.values("lot")).order_by("pk"):
        rebalance(Facts(order), reason="Returned credits whose money had gone back")


def would_recover(account: int, returning: Mapping[int, int]) -> dict[int, int]:
    """Return what `recover` would withdraw of credits about to return to lots, by lot id.

    `account` is the account's id; `returning` has only lots that can still be used.
    """
    taken: dict[int, int] = {}
    short = Shortfall.objects.filter(closed_at=None, lot__account=account)
    for order in Order.objects.filter(lot__in=short.values("lot")).order_by("pk"):
        missing = sum(row.missing for row in short.filter(lot=order.lot_id))
        for lot in lots_of(order).filter(pk__in=returning).values_list("pk", flat=True):
            taken[lot] = min(returning[lot], missing)
            missing -= taken[lot]
    return taken


def rebalance(facts: Facts, *, reason: str) -> None:
    """Withdraw or give back what the facts of an order's money ask for; safe to repeat.

    Its account's row is locked. What comes back has at least 60 days to be used (rules.md 7.3).
    """
    if not facts.claims:
        return
    order, wanted = facts.order, facts.wanted
    recalled = _recalled(order)
    if sum(wanted) > recalled:
        recalled += _withdraw(order, sum(wanted) - recalled, reason)
    elif sum(wanted) < recalled:
        _give_back(order, sum(wanted), reason)
        recalled = sum(wanted)
    _share_out(facts, wanted, recalled)


def lots_of(order: Order) -> QuerySet[CreditLot]:
    """Return the order's lot, and those to which its credits came back with 60 days to use."""
    issued = LedgerEntry.objects.filter(
        account=order.account_id,
        kind=LedgerEntry.Kind.ISSUE,
        key__startswith=f"returned:{order.number}:",
    )
    came_back = CreditLot.objects.filter(postings__entry__in=issued)
    return CreditLot.objects.filter(Q(pk=order.lot_id) | Q(pk__in=came_back)).order_by("pk")


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


def _withdraw(order: Order, missing: int, reason: str) -> int:
    """Withdraw what is missing, as far as it is there; return how much."""
    withdrawn = 0
    usable = lots_of(order).filter(last_day__gte=clock.today(), available__gt=0)
    for lot in usable:
        if credits := min(lot.available, missing - withdrawn):
            ledger.withdraw(lot=lot, credits=credits, key=_key(order), actor=ACTOR, reason=reason)
            withdrawn += credits
    return withdrawn


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


def _share_out(facts: Facts, wanted: list[int], recalled: int) -> None:
    """Write what each claim got of the credits recalled, and what it misses, oldest first."""
    shares = iter(wanted)
    for claim in facts.claims:
        credits = next(shares) if claim.stands else 0
        got = min(credits, recalled)
        recalled -= got
        if claim.row.credits != got:
            claim.row.credits = got
            claim.row.save(update_fields=["credits"])
        _note_missing(facts.order, claim, credits - got)


def _note_missing(order: Order, claim: Claim, missing: int) -> None:
    """Open, change or close the claim's shortfall. A claim that has ended misses nothing."""
    row = claim.shortfall
    if row is None and missing:
        kind = "refund" if isinstance(claim.row, Refund) else "dispute"
        row = Shortfall(**{kind: claim.row}, lot=order.lot, credits=missing)
    elif row is None or (row.missing, row.closed_at is None) == (missing, bool(missing)):
        return
    row.credits = max(row.credits, missing)
    row.recovered = row.credits - missing
    row.closed_at = None if missing else clock.now()
    row.save()
