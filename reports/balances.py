"""What an account had, has or will have on any day, lot by lot (docs/reports.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from accounts.models import CreditAccount
from credits_portal.lib import clock

from . import sql


@dataclass(frozen=True)
class LotOn:
    """Where the credits of a lot are on a day."""

    pk: int
    purchased_on: date
    last_day: date
    unit_price: Decimal
    issued: int
    available: int
    held: int
    redeemed: int
    expired: int
    withdrawn: int

    @property
    def balance(self) -> int:
        """Return what is left: available and held."""
        return self.available + self.held

    @property
    def value(self) -> Decimal:
        """Return what is left at the price paid."""
        return self.balance * self.unit_price


@dataclass(frozen=True)
class BalanceOn:
    """Where the credits of an account are on a day; the totals are sums over its lots."""

    day: date
    lots: Sequence[LotOn]

    @cached_property
    def totals(self) -> dict[str, int]:
        """Return issued, available, held, redeemed, expired, withdrawn and their balance."""
        names = ["issued", "available", "held", "redeemed", "expired", "withdrawn", "balance"]
        return {name: sum(getattr(lot, name) for lot in self.lots) for name in names}

    @cached_property
    def values(self) -> dict[str, Decimal]:
        """Return the same at the price paid."""
        return {
            name: sum((getattr(lot, name) * lot.unit_price for lot in self.lots), Decimal(0))
            for name in self.totals
        }

    @property
    def lots_left(self) -> Sequence[LotOn]:
        """Return the lots with credits left on the day."""
        return [lot for lot in self.lots if lot.balance]

    @property
    def is_ahead(self) -> bool:
        """Tell whether the day is still to come."""
        return self.day > clock.today()


# Today's buckets, less what entries newer than the day moved. What expired with the day counts as
# available on it: the last usable day is inclusive, and its entry is dated to the day's end.
BUCKETS = ("available", "held", "redeemed", "expired", "withdrawn")
NEWER = ", ".join(
    f"SUM(CASE '{bucket}' WHEN posting.target THEN posting.credits"
    f" WHEN posting.source THEN -posting.credits ELSE 0 END) AS {bucket}"
    for bucket in BUCKETS
)
THEN = ", ".join(f"lot.{bucket} - COALESCE(newer.{bucket}, 0)" for bucket in BUCKETS)
LOTS_ON = f"""
SELECT lot.id, lot.purchased_on, lot.last_day, {sql.PRICE}, lot.credits, {THEN}
FROM accounts_creditlot AS lot
LEFT JOIN (
    SELECT posting.lot_id, {NEWER}
    FROM accounts_ledgerentry AS entry
    JOIN accounts_posting AS posting ON posting.entry_id = entry.id
    WHERE entry.account_id = %s AND entry.effective_at >= %s
        AND (entry.effective_at >= %s OR entry.kind = 'expire')
    GROUP BY posting.lot_id
) AS newer ON newer.lot_id = lot.id
WHERE lot.account_id = %s AND lot.purchased_on <= %s
ORDER BY lot.last_day, lot.id
"""  # noqa: S608


def balance_on(account: CreditAccount, day: date) -> BalanceOn:
    """Return where the account's credits are on `day`, past or to come, in one statement.

    A day to come counts what will have expired by then; what is available or held today and lasts
    longer stays. On its last usable day a lot still counts.
    """
    next_day = date.fromordinal(day.toordinal() + 1)
    params = [account.pk, sql.as_moment(day), sql.as_moment(next_day), account.pk, day.isoformat()]
    return BalanceOn(day, [_lot(row, day) for row in sql.fetch(LOTS_ON, params)])


def _lot(row: tuple[Any, ...], day: date) -> LotOn:
    """Return the lot, with what is available past its last day counted as expired."""
    pk, purchased_on, last_day, price = row[:4]
    issued, available, held, redeemed, expired, withdrawn = map(int, row[4:])
    last_day = sql.as_date(last_day)
    ended = last_day < day
    return LotOn(
        pk=pk,
        purchased_on=sql.as_date(purchased_on),
        last_day=last_day,
        unit_price=sql.as_money(price),
        issued=issued,
        available=0 if ended else available,
        held=held,
        redeemed=redeemed,
        expired=expired + available if ended else expired,
        withdrawn=withdrawn,
    )
