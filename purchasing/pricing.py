"""What credits cost, and when more of them cost less (rules.md 2). Decimal only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from .exceptions import NoPrice
from .models import PriceList, PriceTier

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Advice:
    """A larger amount that costs no more."""

    credits: int
    unit_price: Decimal
    net: Decimal
    saving: Decimal
    more: int


@dataclass(frozen=True)
class Quote:
    """The price of an amount of credits in USD, net of tax, with the advice where there is one."""

    credits: int
    unit_price: Decimal
    net: Decimal
    advice: Advice | None


def cents(amount: Decimal) -> Decimal:
    """Round to whole cents, half up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def quote(credits: int, at: datetime | None = None) -> Quote:
    """Return the price of `credits` by the list in force `at` a moment (default: now).

    Raises NoPrice where no list covers the amount.
    """
    return price(credits, PriceList.objects.tiers_at(at))


def price(credits: int, tiers: Sequence[PriceTier]) -> Quote:
    """Return the price of `credits`, all of them at the price of their tier.

    The lower bound of a tier is inclusive. Raises NoPrice below the lowest one.
    """
    reached = [tier for tier in tiers if tier.minimum <= credits]
    if not reached:
        raise NoPrice
    unit_price = max(reached, key=lambda tier: tier.minimum).unit_price
    net = cents(credits * unit_price)
    return Quote(credits, unit_price, net, _advice(credits, net, tiers))


def _advice(credits: int, net: Decimal, tiers: Sequence[PriceTier]) -> Advice | None:
    """Return the cheapest total at a larger tier's minimum that is not above `net`.

    Of two equal ones it is the larger amount.
    """
    offers = [
        (cents(tier.minimum * tier.unit_price), -tier.minimum, tier.unit_price)
        for tier in tiers
        if tier.minimum > credits
    ]
    total, minus, unit_price = min(offers, default=(net + 1, 0, Decimal(0)))
    if total > net:
        return None
    return Advice(-minus, unit_price, total, saving=net - total, more=-minus - credits)


def tax_on(net: Decimal, rate: Decimal) -> Decimal:
    """Return the tax line of `net` at `rate` per cent, in whole cents."""
    return cents(net * rate / 100)


@dataclass(frozen=True)
class PriceRow:
    """A line of the price table; `maximum` is None in the last, `discount` in per cent."""

    minimum: int
    maximum: int | None
    unit_price: Decimal
    discount: Decimal


def price_table(tiers: Sequence[PriceTier]) -> list[PriceRow]:
    """Return the tiers as ranges, with the discount against the first one."""
    following = [*tiers[1:], None]
    return [
        PriceRow(
            tier.minimum,
            after.minimum - 1 if after else None,
            tier.unit_price,
            _discount(tier, tiers[0]),
        )
        for tier, after in zip(tiers, following, strict=False)
    ]


def _discount(tier: PriceTier, first: PriceTier) -> Decimal:
    """Return by how many per cent `tier` is cheaper than `first`, to one decimal."""
    share = (1 - tier.unit_price / first.unit_price) * 100
    return share.quantize(Decimal("0.1"), ROUND_HALF_UP).normalize()
