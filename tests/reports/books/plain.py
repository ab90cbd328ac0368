"""The books again, in plain Python from entries, places and class dates, credit by credit."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from accounts.models import CreditLot, LedgerEntry
from credits_portal.lib import clock
from redemption.models import Registration


def end_of(day):
    """Return the moment before which something happened by the end of `day`, or by now."""
    now = clock.now() + timedelta(microseconds=1)
    return min(clock.start_of(day + timedelta(days=1)), now)


def is_over(day, end):
    return clock.start_of(day + timedelta(days=1)) <= end


def happened_at(entry):
    arrives = entry.kind == "issue" and entry.key.endswith(":in")
    return entry.created_at if arrives else entry.effective_at


class PlainBooks:
    """What the books must show at the end of a day."""

    def __init__(self, day):
        self.end = end_of(day)
        everything = LedgerEntry.objects.order_by("id").prefetch_related("postings")
        self.entries = [entry for entry in everything if happened_at(entry) < self.end]
        self.lots = CreditLot.objects.in_bulk()
        self.buckets = self.read_buckets()
        self.undelivered_lots = self.read_undelivered()

    def read_buckets(self):
        """Return credits by (lot, bucket)."""
        found = defaultdict(int)
        for entry in self.entries:
            for posting in entry.postings.all():
                found[posting.lot_id, posting.source] -= posting.credits
                found[posting.lot_id, posting.target] += posting.credits
        for lot in self.lots.values():
            if is_over(lot.last_day, self.end):
                found[lot.pk, "expired"] += found.pop((lot.pk, "available"), 0)
        return found

    def read_undelivered(self):
        """Return the lot of each credit that was redeemed and is not delivered."""
        places = defaultdict(list)
        for place in Registration.objects.filter(entry__isnull=False).select_related("session"):
            places[place.entry_id].append(place)
        found = []
        for entry in self.entries:
            if entry.kind in ("redeem", "capture"):
                credits = self.standing(entry)
                found += credits[self.delivered(places[entry.pk], len(credits)) :]
        return found

    def standing(self, entry):
        """Return the lot of each credit that the entry drew, without those that returned."""
        credits = self.in_order_of_drawing(entry)
        for back in self.entries:
            if back.reverses_id == entry.pk:
                returned = credits[len(credits) - back.credits :]
                assert sorted(self.in_order_of_drawing(back)) == sorted(returned)
                del credits[len(credits) - back.credits :]
        return credits

    def in_order_of_drawing(self, entry):
        moved = sorted((self.lots[p.lot_id].last_day, p.lot_id, p) for p in entry.postings.all())
        return [pk for _day, pk, posting in moved for _credit in range(posting.credits)]

    def delivered(self, places, credits):
        """Return how many of an entry's credits are delivered."""
        if any(place.session and place.session.ends_at < self.end for place in places):
            return credits
        begun = sum(place.credits for place in places if not place.session and self.begun(place))
        assert begun <= credits
        return begun

    def begun(self, place):
        if place.status == "cancelled" and place.ended_at < self.end:
            return False
        if place.started_at is not None:
            return place.started_at < self.end
        return is_over(place.finish_by, self.end) and not hasattr(place, "replaced_by")

    def value(self, credits):
        return sum((n * self.lots[pk].unit_price for pk, n in credits), start=Decimal(0))

    @property
    def unredeemed(self):
        names = ("available", "held")
        return self.value((pk, n) for (pk, name), n in self.buckets.items() if name in names)

    @property
    def undelivered(self):
        return self.value((pk, 1) for pk in self.undelivered_lots)
