"""How many credits stand for money that went back outside the portal (rules.md 7). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an order was sold at, in its own currency, and how much of it still counts.

    `credits` are those that the portal itself has not refunded; `free` is money beyond the total,
    which goes back first and takes no credits.
    """

    credits: int
    unit_price: Decimal
    net: Decimal
    total: Decimal
    free: Decimal


def shares(terms: Terms, amounts: Sequence[Decimal]) -> list[int]:
    """Return the credits that each of the `amounts` paid back takes, oldest first.

    The sum is rounded up once (net amount / unit price), never more than all credits: so that it
    depends on what went back, not on the order or the parts in which it did.
    """
    taken: list[int] = []
    paid_back = Decimal(0)
    for amount in amounts:
        paid_back += amount
        taken.append(_credits_for(terms, paid_back - terms.free) - sum(taken))
    return taken


def _credits_for(terms: Terms, missing: Decimal) -> int:
    if missing <= 0:
        return 0
    net = Fraction(min(missing, terms.total)) * Fraction(terms.net) / Fraction(terms.total)
    return min(ceil(net / Fraction(terms.unit_price)), terms.credits)
