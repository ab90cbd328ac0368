"""The reports of the books: one query each, whatever the size of the ledger (docs/books.md)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from django.db.models import Min, Sum

from accounts.models import CreditAccount, CreditLot
from credits_portal.lib import clock
from reports.periods import first_of, months_of
from reports.sql import as_date

from .cuts import cut_after
from .flows import flows
from .totals import Amount, Totals


@dataclass(frozen=True)
class Month:
    """What happened in a month, and what stood at its end."""

    first: date
    flow: Totals
    before: Totals
    after: Totals

    @property
    def last_day(self) -> date:
        """Return the month's last day."""
        return first_of(self.first, -1) - timedelta(days=1)


@dataclass(frozen=True)
class Owed:
    """What is owed to one account at the end of a day."""

    account_id: int
    totals: Totals


@dataclass(frozen=True)
class Ending:
    """The unredeemed credits whose last day is in one month."""

    month: date
    amount: Amount


@dataclass(frozen=True)
class Losing:
    """What one account will lose, and from when on, if nobody spends it in time."""

    account_id: int
    first_day: date
    amount: Amount


def by_month(first: date, last: date) -> Sequence[Month]:
    """Return the months from that of `first` to that of `last`; the present one up to now."""
    starts = list(months_of(first, last))
    cuts = [cut_after(start - timedelta(days=1)) for start in starts]
    cuts.append(cut_after(first_of(last, -1) - timedelta(days=1)))
    found = flows(cuts)
    in_period = [found.get((0, period), Totals()) for period in range(len(cuts))]
    stood = list(accumulate(in_period))
    return [
        Month(start, in_period[n], before=stood[n - 1], after=stood[n])
        for n, start in enumerate(starts, start=1)
    ]


def on(day: date) -> Totals:
    """Return everything from the beginning to the end of `day`; of today: up to now."""
    return flows([cut_after(day)]).get((0, 0), Totals())


def by_account(day: date) -> Sequence[Owed]:
    """Return `on(day)` for each account."""
    found = flows([cut_after(day)], "account")
    return [Owed(account_id, totals) for (account_id, _period), totals in found.items()]


def owed(rows: Iterable[Owed]) -> Sequence[Owed]:
    """Return the accounts to which something is owed, most first."""
    open_rows = [row for row in rows if row.totals.deferred != Amount()]
    return sorted(open_rows, key=lambda row: (-row.totals.deferred.money, row.account_id))


def sum_of(rows: Iterable[Owed]) -> Totals:
    """Return the totals of all accounts together."""
    return sum((row.totals for row in rows), start=Totals())


def ageing(day: date) -> Sequence[Ending]:
    """Return the credits unredeemed at the end of `day`, by the month of their last day."""
    by_ending: dict[date, Amount] = {}
    for (last_day, _period), totals in flows([cut_after(day)], "last_day").items():
        month = first_of(as_date(last_day))
        by_ending[month] = by_ending.get(month, Amount()) + totals.unredeemed
    return [Ending(month, amount) for month, amount in sorted(by_ending.items()) if amount.credits]


def about_to_lose(days: int) -> Sequence[Losing]:
    """Return the accounts whose available credits end within `days` from today, soonest first."""
    today = clock.today()
    ending = CreditLot.objects.filter(
        available__gt=0, last_day__gte=today, last_day__lte=today + timedelta(days=days)
    )
    found: dict[int, tuple[date, Amount]] = {}
    rows = ending.order_by().values_list("account", "unit_price")
    for pk, price, credits, first_day in rows.annotate(Sum("available"), Min("last_day")):
        soonest, amount = found.get(pk, (first_day, Amount()))
        found[pk] = min(soonest, first_day), amount + _worth(credits, price)
    losing = [Losing(pk, soonest, amount) for pk, (soonest, amount) in found.items()]
    return sorted(losing, key=lambda row: (row.first_day, -row.amount.credits, row.account_id))


def accounts_of(rows: Iterable[Owed | Losing]) -> Mapping[int, CreditAccount]:
    """Return the accounts of the rows with their owners, by id."""
    accounts = CreditAccount.objects.select_related("owner")
    return accounts.in_bulk([row.account_id for row in rows])


def _worth(credits: int, price: Decimal) -> Amount:
    return Amount(credits, credits * price)
