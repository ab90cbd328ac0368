"""Figures of the books: credits, and what was paid for them, exact to the last decimal."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

ZERO = Decimal(0)


@dataclass(frozen=True)
class Amount:
    """Credits and their net price in USD, not rounded."""

    credits: int = 0
    money: Decimal = ZERO

    def __add__(self, other: Self) -> "Amount":
        return Amount(self.credits + other.credits, self.money + other.money)

    def __sub__(self, other: Self) -> "Amount":
        return Amount(self.credits - other.credits, self.money - other.money)


# Where credits can be in the books. Those of `classes` and `courses` are among the redeemed.
PLACES = ("sold", "granted", "redeemed", "expired", "refunded", "classes", "courses")


@dataclass(frozen=True)
class Totals:
    """What happened to credits in a period or, added up from the beginning, until a day."""

    sold: Amount = Amount()
    granted: Amount = Amount()
    redeemed: Amount = Amount()
    expired: Amount = Amount()
    refunded: Amount = Amount()
    classes: Amount = Amount()
    courses: Amount = Amount()

    @classmethod
    def of(cls, counts: Mapping[tuple[str, Decimal], int]) -> "Totals":
        """Make totals of credits by place and price."""
        sums = dict.fromkeys(PLACES, Amount())
        for (place, price), credits in counts.items():
            sums[place] += Amount(credits, credits * price)
        return cls(**sums)

    def __add__(self, other: Self) -> "Totals":
        return Totals(**{name: getattr(self, name) + getattr(other, name) for name in PLACES})

    @property
    def unredeemed(self) -> Amount:
        """Return what can still be spent, held credits among it."""
        return self.sold + self.granted - self.redeemed - self.expired - self.refunded

    @property
    def undelivered(self) -> Amount:
        """Return what was redeemed for training that has not taken place yet."""
        return self.redeemed - self.classes - self.courses

    @property
    def deferred(self) -> Amount:
        """Return what is owed in training."""
        return self.unredeemed + self.undelivered

    @property
    def recognised(self) -> Amount:
        """Return what was earned: classes, on-demand courses and breakage."""
        return self.classes + self.courses + self.expired

    @property
    def is_nothing(self) -> bool:
        """Tell whether nothing happened, or nothing is left."""
        return self == Totals()
