"""The balance day by day, behind us and ahead, for its chart (docs/reports.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from accounts.models import CreditAccount
from credits_portal.lib import clock

from . import sql
from .periods import first_of, month_name, months_of


@dataclass(frozen=True)
class Step:
    """A day on which the balance changed: what it was after it, and what the day brought."""

    day: date
    balance: int
    purchased: int = 0
    expired: int = 0


@dataclass(frozen=True)
class Month:
    """A month: the balance at its end, what was purchased in it, and what expired."""

    first_day: date
    balance: int
    purchased: int
    expired: int

    @property
    def name(self) -> str:
        """Return the month for people."""
        return month_name(self.first_day)


@dataclass(frozen=True)
class Timeline:
    """The balance, available and held, from `first` on; `ahead` is what the lots left will do.

    Ahead nothing is bought or used any more: the credits go with the last days of their lots.
    """

    first: date
    opening: int
    today: date
    now: int
    behind: Sequence[Step]
    ahead: Sequence[Step]

    def months(self) -> list[Month]:
        """Return each month with the balance at its end, the latest first; for a table."""
        found = []
        level = self.opening
        for month in months_of(self.first, self.today):
            steps = [step for step in self.behind if first_of(step.day) == month]
            level = steps[-1].balance if steps else level
            bought = sum(step.purchased for step in steps)
            found.append(Month(month, level, bought, sum(step.expired for step in steps)))
        return found[::-1]

    @property
    def last(self) -> date:
        """Return the last day that there is something to say of."""
        return self.ahead[-1].day if self.ahead else self.today


# Entries alone tell most of it, from the index. What came back from a hold or a class may have gone
# to expired: its postings say so. What the sweep has not booked yet has expired all the same.
DAILY = """
SELECT {entry_day}, entry.kind, SUM(entry.credits)
FROM accounts_ledgerentry AS entry
WHERE entry.account_id = %s AND entry.effective_at >= %s
    AND entry.kind IN ('issue', 'redeem', 'capture', 'withdraw', 'expire')
GROUP BY 1, 2
UNION ALL
SELECT {entry_day}, CASE entry.kind WHEN 'restore' THEN 'returned' ELSE 'held_expired' END, SUM((
        SELECT COALESCE(SUM(posting.credits), 0) FROM accounts_posting AS posting
        WHERE posting.entry_id = entry.id
            AND posting.target = CASE entry.kind WHEN 'restore' THEN 'available' ELSE 'expired' END
    ))
FROM accounts_ledgerentry AS entry
WHERE entry.account_id = %s AND entry.effective_at >= %s AND entry.kind IN ('restore', 'release')
GROUP BY 1, 2
UNION ALL
SELECT lot.last_day, CASE WHEN lot.last_day < %s THEN 'expire' ELSE 'ahead' END,
    SUM(lot.available + CASE WHEN lot.last_day < %s THEN 0 ELSE lot.held END)
FROM accounts_creditlot AS lot
WHERE lot.account_id = %s AND lot.last_day >= %s AND lot.available + lot.held > 0
GROUP BY 1, 2
"""
GAINS = {"issue", "returned"}


def timeline(account: CreditAccount, *, first: date, now: int) -> Timeline:
    """Return the account's balance since `first`, in one statement; it is `now` today."""
    today = clock.today()
    moment, day = sql.as_moment(first), today.isoformat()
    params = [account.pk, moment, account.pk, moment, day, day, account.pk, first.isoformat()]
    days: dict[date, dict[str, int]] = {}
    ahead: dict[date, int] = {}
    for on, kind, credits in sql.fetch(_statement(), params):
        if kind == "ahead":
            ahead[sql.as_date(on)] = int(credits)
        else:
            kinds = days.setdefault(sql.as_date(on), {})
            kinds[kind] = kinds.get(kind, 0) + int(credits)
    changes = {on: _change(kinds) for on, kinds in days.items()}
    opening = now - sum(changes.values())
    behind = _steps_behind(opening, days, changes)
    return Timeline(first, opening, today, now, behind, _steps_ahead(now, ahead))


def _statement() -> str:
    return DAILY.format(entry_day=sql.day_of("entry.effective_at"))


def _change(kinds: dict[str, int]) -> int:
    return sum(amount if kind in GAINS else -amount for kind, amount in kinds.items())


def _steps_behind(
    balance: int, days: dict[date, dict[str, int]], changes: dict[date, int]
) -> list[Step]:
    steps = []
    for on in sorted(days):
        balance += changes[on]
        kinds = days[on]
        steps.append(
            Step(
                on,
                balance,
                purchased=kinds.get("issue", 0),
                expired=kinds.get("expire", 0) + kinds.get("held_expired", 0),
            )
        )
    return steps


def _steps_ahead(balance: int, lost: dict[date, int]) -> list[Step]:
    steps = []
    for on in sorted(lost):
        balance -= lost[on]
        steps.append(Step(on, balance, expired=lost[on]))
    return steps
