"""Reads across apps: what an account has, what is about to happen to it, and what has happened.

Every function makes a constant number of queries, whatever the history of the account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When, Window

from accounts.ledger import Balance, balance
from accounts.ledger.models import CreditLot
from accounts.models import CreditAccount
from approvals.models import ApprovalRequest
from credits_portal.lib import clock

from . import statement
from .expiry import Ladder, ladder
from .periods import first_of, last_year
from .timeline import Timeline, timeline

LOTS_SHOWN = 5
ACTIVITY_SHOWN = 8
REQUESTS_SHOWN = 5


@dataclass(frozen=True)
class Expiring:
    """The available credits that are the next to be lost."""

    credits: int
    last_day: date


@dataclass(frozen=True)
class Dashboard:
    """What the account's first page shows."""

    balance: Balance
    expiring: Expiring | None
    lots: Sequence[CreditLot]
    more_lots: bool
    requests: Sequence[ApprovalRequest]
    waiting: int
    activity: Sequence[statement.StatementLine]
    timeline: Timeline | None
    ladder: Ladder


def usable_lots(account: CreditAccount) -> QuerySet[CreditLot]:
    """Return the lots that still have credits available or held today (rules.md 3)."""
    usable = Q(available__gt=0, last_day__gte=clock.today()) | Q(held__gt=0)
    return CreditLot.objects.filter(usable, account=account).order_by("last_day", "id")


def lots_usable_first(account: CreditAccount) -> QuerySet[CreditLot]:
    """Return every lot: those that can still be used, soonest last day first, then the ended."""
    ended = Case(When(last_day__lt=clock.today(), then=Value(1)), default=Value(0))
    return CreditLot.objects.filter(account=account).order_by(
        ended, Case(When(last_day__gte=clock.today(), then=F("last_day"))), "-last_day", "id"
    )


def expiring_next(steps: Ladder) -> Expiring | None:
    """Return the available credits whose last day comes first, or None."""
    if not steps.rungs:
        return None
    day = steps.rungs[0].last_day
    return Expiring(sum(rung.credits for rung in steps.rungs if rung.last_day == day), day)


def dashboard(account: CreditAccount) -> Dashboard:
    """Return all that the account's first page shows."""
    now = balance(account=account)
    soonest = list(usable_lots(account)[: LOTS_SHOWN + 1])
    waiting = ApprovalRequest.objects.open().filter(redemption__account=account)
    urgent = waiting.select_related("redemption__training").order_by("redemption__decide_by", "id")
    # Each of the few that are shown knows how many there are.
    requests: list[Any] = list(urgent.annotate(waiting=Window(Count("*")))[:REQUESTS_SHOWN])
    steps = ladder(account)
    return Dashboard(
        balance=now,
        expiring=expiring_next(steps),
        lots=soonest[:LOTS_SHOWN],
        more_lots=len(soonest) > LOTS_SHOWN,
        requests=requests,
        waiting=requests[0].waiting if requests else 0,
        timeline=_timeline(account, now) if now.issued else None,
        ladder=steps,
        activity=statement.lines(account, statement.entries(account)[:ACTIVITY_SHOWN]),
    )


def _timeline(account: CreditAccount, now: Balance) -> Timeline:
    """Return the balance of the last twelve months; of a younger account since it began."""
    first = max(last_year().first_day, first_of(clock.day_of(account.created_at)))
    return timeline(account, first=first, now=now.available + now.held)
