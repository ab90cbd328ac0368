"""Credits that come back late: at least 60 days to use them (rules.md 6.8, 7.2)."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from accounts import ledger
from accounts.ledger import Bucket
from accounts.models import CreditLot, LedgerEntry, Posting, User
from accounts.signals import credits_may_return
from credits_portal.lib import clock

# Credits that the programme sends back can be used for at least so long.
AT_LEAST = timedelta(days=60)


def taken_again(entry: LedgerEntry) -> list[int]:
    """Return the ids of the entries that withdrew of what `entry` has just given back.

    Refunds and charge-backs may be owed credits (rules.md 7.4). The account is locked since.
    """
    later = LedgerEntry.objects.filter(account=entry.account_id, number__gt=entry.number)
    return list(later.filter(kind=LedgerEntry.Kind.WITHDRAW).values_list("pk", flat=True))


def would_be_taken(account: int, returning: Mapping[int, int]) -> Mapping[int, int]:
    """Return what of the credits about to return, by lot id, would be withdrawn at once (7.4)."""
    taken: Counter[int] = Counter()
    told = credits_may_return.send(CreditLot, account=account, returning=returning)
    for _receiver, answer in told:
        taken.update(cast("Mapping[int, int]", answer))
    return taken


def extend(entry: LedgerEntry, *, key: str, actor: User | str, reason: str) -> list[int]:
    """Exchange what `entry` returned to short or ended lots for new lots of 60 days.

    At the old unit price, or at 0 where the credits had expired: their breakage is booked. What a
    refund was still owed has left the lot again and is not exchanged (rules.md 7.4). Returns the
    ids of the entries that were added.
    """
    last_day = clock.today() + AT_LEAST
    added: list[int] = []
    returned = entry.postings.filter(lot__last_day__lt=last_day).select_related("lot")
    for posting in returned.order_by("id"):
        lot, name = posting.lot, f"{key}:lot:{posting.lot_id}"
        credits = _still_there(posting, f"{name}:in")
        if not credits:
            continue
        terms: dict[str, Any] = {"credits": credits, "actor": actor, "reason": reason}
        unit_price = Decimal(0)
        if posting.target == Bucket.AVAILABLE:
            unit_price = lot.unit_price
            added.append(ledger.withdraw(lot=lot, key=f"{name}:out", **terms).pk)
        ledger.issue(
            account=entry.account,
            unit_price=unit_price,
            purchased_on=clock.today(),
            last_day=last_day,
            key=f"{name}:in",
            **terms,
        )
        added.append(LedgerEntry.objects.get(account=entry.account_id, key=f"{name}:in").pk)
    return added


def _still_there(posting: Posting, key: str) -> int:
    """Return what there is to exchange of what came back: as before if it was exchanged already."""
    known = LedgerEntry.objects.filter(account=posting.lot.account_id, key=key).first()
    if known:
        return known.credits
    if posting.target == Bucket.EXPIRED:
        return posting.credits
    return min(posting.credits, posting.lot.available)
