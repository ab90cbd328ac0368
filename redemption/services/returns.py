"""Credits on their way back, with the 60 days of rules.md 6."""

from decimal import Decimal
from typing import Any

from accounts import ledger
from accounts.ledger import Bucket
from accounts.models import LedgerEntry, Posting, User
from credits_portal.lib import clock
from redemption.models import Registration
from redemption.returned import AT_LEAST


def give_back(
    place: Registration, *, key: str, actor: User | str, reason: str, extended: bool = False
) -> list[int]:
    """Return the place's credits to the lots they came from; return the entries' ids.

    `extended`: what would have fewer than 60 days left comes back as a new lot (rules.md 6).
    """
    if place.entry is None:
        return []
    entry = ledger.restore(
        entry=place.entry, credits=place.credits, key=key, actor=actor, reason=reason
    )
    if extended:
        return [entry.pk, *extend(entry, key=key, actor=actor, reason=reason)]
    return [entry.pk]


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
