"""The rules of the ledger in the simplest words: a list of lots and no database.

Written from docs/rules.md and docs/ledger.md, not from the code that it checks.
"""

from dataclasses import dataclass, field
from datetime import date

from accounts import ledger

BUCKETS = ("available", "held", "redeemed", "expired", "withdrawn")


@dataclass
class Lot:
    number: int
    last_day: date
    buckets: dict


@dataclass
class Entry:
    kind: str
    parts: list  # (lot, credits), in the order of drawing
    bucket: str = ""  # where the credits went
    fits: date | None = None
    ended: bool = False
    restored: int = 0


@dataclass
class Model:
    lots: list = field(default_factory=list)
    entries: list = field(default_factory=list)
    frozen: bool = False

    def issue(self, credits, last_day):
        lot = Lot(len(self.lots), last_day, dict.fromkeys(BUCKETS, 0) | {"available": credits})
        self.lots.append(lot)
        return self._write("issue", [(lot, credits)])

    def draw(self, kind, credits, fits, today):
        if self.frozen:
            raise ledger.AccountFrozen
        from_day = today if fits is None else max(today, fits)
        fitting = [lot for lot in self.lots if lot.last_day >= from_day]
        if sum(lot.buckets["available"] for lot in fitting) < credits:
            raise ledger.InsufficientCredits
        parts = []
        for lot in sorted(fitting, key=lambda lot: (lot.last_day, lot.number)):
            part = min(credits, lot.buckets["available"])
            if part:
                credits -= part
                parts.append((lot, part))
        bucket = {"redeem": "redeemed", "hold": "held"}[kind]
        for lot, part in parts:
            self._move(lot, "available", bucket, part)
        return self._write(kind, parts, bucket, fits)

    def capture(self, hold, today):
        if hold.ended:
            raise ledger.HoldEnded
        if self.frozen:
            raise ledger.AccountFrozen
        if any(lot.last_day < today for lot, _part in hold.parts):
            raise ledger.HoldEnded
        hold.ended = True
        for lot, part in hold.parts:
            self._move(lot, "held", "redeemed", part)
        return self._write("capture", list(hold.parts), "redeemed", hold.fits)

    def release(self, hold, today):
        if hold.ended:
            raise ledger.HoldEnded
        hold.ended = True
        for lot, part in hold.parts:
            self._move(lot, "held", self._back(lot, today), part)
        return self._write("release", list(hold.parts))

    def restore(self, entry, credits, today):
        if entry.kind not in ("redeem", "capture", "withdraw"):
            raise ledger.InvalidRequest
        # One credit after the other, the last drawn first; those given back before are skipped.
        singles = [lot for lot, part in reversed(entry.parts) for _credit in range(part)]
        returned = singles[entry.restored : entry.restored + credits]
        if len(returned) < credits:
            raise ledger.NothingToRestore
        entry.restored += credits
        for lot in returned:
            self._move(lot, entry.bucket, self._back(lot, today), 1)
        return self._write("restore", [(lot, 1) for lot in returned])

    def withdraw(self, lot, credits, today):
        if lot.last_day < today or lot.buckets["available"] < credits:
            raise ledger.InsufficientCredits
        self._move(lot, "available", "withdrawn", credits)
        return self._write("withdraw", [(lot, credits)], "withdrawn")

    def expire(self, day):
        due = [lot for lot in self.lots if lot.last_day < day and lot.buckets["available"]]
        for lot in due:
            part = lot.buckets["available"]
            self._move(lot, "available", "expired", part)
            self._write("expire", [(lot, part)])
        return len(due)

    def balance(self, today, fits=None):
        lots = [lot for lot in self.lots if fits is None or lot.last_day >= fits]
        total = {bucket: sum(lot.buckets[bucket] for lot in lots) for bucket in BUCKETS}
        late = sum(lot.buckets["available"] for lot in lots if lot.last_day < today)
        total["available"] -= late
        total["expired"] += late
        return ledger.Balance(issued=sum(total.values()), **total)

    def _back(self, lot, today):
        return "expired" if lot.last_day < today else "available"

    def _move(self, lot, source, target, credits):
        lot.buckets[source] -= credits
        lot.buckets[target] += credits

    def _write(self, kind, parts, bucket="", fits=None):
        entry = Entry(kind, parts, bucket, fits)
        self.entries.append(entry)
        return entry
