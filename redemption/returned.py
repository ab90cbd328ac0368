"""What a cancellation gives back, before and after the click (rules.md 6)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from accounts.ledger import Bucket
from accounts.models import Posting
from accounts.services.returns import AT_LEAST
from credits_portal.lib import clock
from redemption import deadlines
from redemption.models import Registration


class Returned(NamedTuple):
    """Credits that come back, and until when they can be used; `expired`: not at all."""

    credits: int
    last_day: date
    expired: bool


def preview(places: Iterable[Registration]) -> list[Returned]:
    """Return what cancelling `places` now gives back, latest-expiring first (rules.md 6)."""
    wanted: dict[int, int] = defaultdict(int)
    extended: dict[int, bool] = {}
    for place in places:
        if place.entry_id is not None:
            wanted[place.entry_id] += place.credits
            extended[place.entry_id] = is_extended(place)
    returned: list[Returned] = []
    for entry_id, credits in wanted.items():
        returned += _returning(entry_id, credits, extended=extended[entry_id])
    return returned


def _returning(entry_id: int, credits: int, *, extended: bool) -> list[Returned]:
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
            shares.append(_as_returned(share, posting.lot.last_day, extended=extended))
    return shares


def _as_returned(credits: int, last_day: date, *, extended: bool) -> Returned:
    """Say until when `credits` of a lot can be used once they are back."""
    today = clock.today()
    if extended and last_day < today + AT_LEAST:
        return Returned(credits, today + AT_LEAST, expired=False)
    return Returned(credits, last_day, expired=last_day < today)


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
