"""What a cancellation gives back, before and after the click (rules.md 6)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from accounts.ledger import Bucket
from accounts.models import CreditLot, Posting
from accounts.services.returns import AT_LEAST, would_be_taken
from credits_portal.lib import clock
from redemption import deadlines
from redemption.models import Registration


class Returned(NamedTuple):
    """Credits that come back, and until when they can be used; `expired`: not at all."""

    credits: int
    last_day: date
    expired: bool


class Share(NamedTuple):
    """Credits that go back to one lot."""

    lot: CreditLot
    credits: int
    extended: bool


def preview(places: Iterable[Registration]) -> list[Returned]:
    """Return what cancelling `places` now gives back, latest-expiring first (rules.md 6).

    What refunds and charge-backs would take again at once (rules.md 7.4) is left out.
    """
    wanted: dict[int, int] = defaultdict(int)
    extended: dict[int, bool] = {}
    for place in places:
        if place.entry_id is not None:
            wanted[place.entry_id] += place.credits
            extended[place.entry_id] = is_extended(place)
    shares: list[Share] = []
    for entry_id, credits in wanted.items():
        shares += _returning(entry_id, credits, extended=extended[entry_id])
    return _merged(_kept(shares))


def _returning(entry_id: int, credits: int, *, extended: bool) -> list[Share]:
    """Return the shares of `credits` that `entry_id` gives back, in reverse order of drawing."""
    earlier: dict[int, int] = defaultdict(int)
    for lot_id, amount in Posting.objects.filter(entry__reverses=entry_id).values_list(
        "lot_id", "credits"
    ):
        earlier[lot_id] += amount
    shares = []
    drawn = Posting.objects.filter(entry=entry_id).select_related("lot").order_by("-id")
    for posting in drawn:
        share = min(posting.credits - earlier[posting.lot_id], credits)
        credits -= share
        if share > 0:
            shares.append(Share(posting.lot, share, extended))
    return shares


def _kept(shares: list[Share]) -> list[Share]:
    """Return the shares without what is withdrawn as it returns to a lot that is still usable."""
    returning: dict[int, int] = defaultdict(int)
    for share in shares:
        if share.lot.last_day >= clock.today():
            returning[share.lot.pk] += share.credits
    taken = dict(would_be_taken(shares[0].lot.account_id, returning)) if returning else {}
    kept = []
    for share in shares:
        less = min(share.credits, taken.get(share.lot.pk, 0))
        taken[share.lot.pk] = taken.get(share.lot.pk, 0) - less
        kept.append(share._replace(credits=share.credits - less))
    return kept


def _merged(shares: Iterable[Share]) -> list[Returned]:
    """Return one line for each day until which credits can, or could, be used."""
    amounts: dict[tuple[date, bool], int] = defaultdict(int)
    for share in shares:
        if share.credits:
            amounts[_usable_until(share)] += share.credits
    return [Returned(credits, day, expired) for (day, expired), credits in amounts.items()]


def _usable_until(share: Share) -> tuple[date, bool]:
    """Return until when the share can be used once it is back, and whether it expires at once."""
    today, last_day = clock.today(), share.lot.last_day
    if share.extended and last_day < today + AT_LEAST:
        return today + AT_LEAST, False
    return last_day, last_day < today


def is_extended(place: Registration) -> bool:
    """Tell whether the programme moved the class after the place was booked, 14 days ago at most.

    Credits then come back with at least 60 days to use them (rules.md 6).
    """
    moved_at = place.moved_at
    return moved_at is not None and clock.now() < moved_at + deadlines.CANCEL_AFTER_MOVE


def summary(entry_ids: Iterable[int]) -> list[Returned]:
    """Return what the entries of a cancellation gave back, for the mail that tells it."""
    net: dict[date, int] = defaultdict(int)
    expired: dict[date, int] = defaultdict(int)
    postings = Posting.objects.filter(entry__in=list(entry_ids)).select_related("lot")
    issued = sum(p.credits for p in postings if p.source == Bucket.ISSUED)
    for posting in postings:
        last_day = posting.lot.last_day
        if posting.target == Bucket.AVAILABLE:
            net[last_day] += posting.credits
        elif posting.source == Bucket.AVAILABLE:
            net[last_day] -= posting.credits
        elif posting.target == Bucket.EXPIRED and not issued:
            expired[last_day] += posting.credits
    kept = [Returned(credits, day, expired=False) for day, credits in net.items() if credits]
    lost = [Returned(credits, day, expired=True) for day, credits in expired.items()]
    return sorted([*kept, *lost], key=lambda part: part.last_day)
