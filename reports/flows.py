"""What moved, month by month (docs/reports.md)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Min

from accounts.ledger import balance
from accounts.models import CreditAccount, CreditLot
from credits_portal.lib import clock

from . import sql
from .periods import Period, first_of, month_key, month_name, months_of

# What each pair of buckets counts as: a gain of the target's figure, a loss of the source's.
FIGURES = {"redeemed": "redeemed", "expired": "expired", "withdrawn": "withdrawn"}


@dataclass
class Amount:
    """Credits, and what was paid for them."""

    credits: int = 0
    value: Decimal = Decimal(0)

    def add(self, credits: int, value: Decimal) -> None:
        """Add credits and their value; both may be negative."""
        self.credits += credits
        self.value += value


@dataclass
class Flow:
    """What moved in a month. Purchases - redeemed - expired - withdrawn = change of the balance."""

    month: date
    purchased: Amount = field(default_factory=Amount)
    redeemed: Amount = field(default_factory=Amount)
    expired: Amount = field(default_factory=Amount)
    withdrawn: Amount = field(default_factory=Amount)
    opening: int = 0

    @property
    def name(self) -> str:
        """Return the month for people."""
        return month_name(self.month)

    @property
    def change(self) -> int:
        """Return what the month changed."""
        spent = self.redeemed.credits + self.expired.credits + self.withdrawn.credits
        return self.purchased.credits - spent

    @property
    def closing(self) -> int:
        """Return the balance, available and held, once the month was over."""
        return self.opening + self.change

    def book(self, source: str, target: str, credits: int, value: Decimal) -> None:
        """Count a move from bucket to bucket; what returns is taken off again."""
        if source == "issued":
            self.purchased.add(credits, value)
        if source in FIGURES:
            getattr(self, FIGURES[source]).add(-credits, -value)
        if target in FIGURES:
            getattr(self, FIGURES[target]).add(credits, value)


LATER = "later"
# What the sweep has not booked yet has expired all the same (rules.md 3).
MOVES = f"""
SELECT CASE WHEN entry.effective_at >= %s THEN '{LATER}' ELSE {{entry_month}} END,
    posting.source, posting.target,
    SUM(posting.credits), SUM(posting.credits * {sql.PRICE})
FROM accounts_ledgerentry AS entry
JOIN accounts_posting AS posting ON posting.entry_id = entry.id
JOIN accounts_creditlot AS lot ON lot.id = posting.lot_id AND lot.account_id = entry.account_id
WHERE entry.account_id = %s AND entry.effective_at >= %s
GROUP BY 1, 2, 3
UNION ALL
SELECT CASE WHEN lot.last_day >= %s THEN '{LATER}' ELSE {{lot_month}} END,
    'available', 'expired', SUM(lot.available), SUM(lot.available * {sql.PRICE})
FROM accounts_creditlot AS lot
WHERE lot.account_id = %s AND lot.available > 0 AND lot.last_day < %s AND lot.last_day >= %s
GROUP BY 1, 2, 3
"""  # noqa: S608


def monthly(account: CreditAccount, period: Period) -> list[Flow]:
    """Return what moved in each month of the period, the latest first, in three statements.

    It begins with the first purchase where the period begins earlier. A month that the period cuts
    shows the days within it.
    """
    began = CreditLot.objects.filter(account=account).aggregate(day=Min("purchased_on"))["day"]
    today = clock.today()
    first = max(period.first_day, began or today)
    last = min(period.last or today, today)
    if began is None or first > last:
        return []
    flows = {month_key(month): Flow(month) for month in months_of(first, last)}
    flows[LATER] = Flow(first_of(last, -1))
    for month, source, target, credits, units in _moves(account, Period(first, last)):
        flows[month].book(source, target, int(credits), sql.as_money(units))
    now = balance(account=account)
    closing = now.available + now.held
    for flow in reversed(flows.values()):
        closing = flow.opening = closing - flow.change
    del flows[LATER]
    return list(reversed(flows.values()))


def _moves(account: CreditAccount, period: Period) -> list[tuple[Any, ...]]:
    """Return (month or LATER, source, target, credits, value) of all that moved since."""
    statement = MOVES.format(
        entry_month=sql.month_of("entry.effective_at"), lot_month=sql.month_of_day("lot.last_day")
    )
    first, after = period.first_day, period.day_after
    entries = [sql.as_moment(after), account.pk, sql.as_moment(first)]
    lots = [after.isoformat(), account.pk, clock.today().isoformat(), first.isoformat()]
    return sql.fetch(statement, [*entries, *lots])


def total(flows: Iterable[Flow]) -> Flow:
    """Return the sums over months; opening and closing are those of the whole."""
    rows = list(flows)
    whole = Flow(rows[-1].month, opening=rows[-1].opening) if rows else Flow(clock.today())
    for flow in rows:
        for name in ("purchased", "redeemed", "expired", "withdrawn"):
            amount = getattr(flow, name)
            getattr(whole, name).add(amount.credits, amount.value)
    return whole
