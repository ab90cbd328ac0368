"""Reads across apps: what an account has, what is about to happen to it, and what has happened.

Every function makes a constant number of queries, whatever the history of the account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When

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


def expiring_next(account: CreditAccount) -> Expiring | None:
    """Return the available credits whose last day comes first, or None."""
    row = (
        CreditLot.objects.filter(account=account, available__gt=0, last_day__gte=clock.today())
        .values("last_day")
        .annotate(credits=Sum("available"))
        .order_by("last_day")
        .first()
    )
    return Expiring(credits=row["credits"], last_day=row["last_day"]) if row else None


def dashboard(account: CreditAccount) -> Dashboard:
    """Return all that the account's first page shows."""
    now = balance(account=account)
    soonest = list(usable_lots(account)[: LOTS_SHOWN + 1])
    waiting = ApprovalRequest.objects.open().filter(redemption__account=account)
    urgent = waiting.select_related("redemption__training").order_by("redemption__decide_by", "id")
    return Dashboard(
        balance=now,
        expiring=expiring_next(account),
        lots=soonest[:LOTS_SHOWN],
        more_lots=len(soonest) > LOTS_SHOWN,
        requests=list(urgent[:REQUESTS_SHOWN]),
        waiting=waiting.count(),
        timeline=_timeline(account, now) if now.issued else None,
        ladder=ladder(account),
        activity=statement.lines(account, statement.entries(account)[:ACTIVITY_SHOWN]),
    )


def _timeline(account: CreditAccount, now: Balance) -> Timeline:
    """Return the balance of the last twelve months; of a younger account since it began."""
    first = max(last_year().first_day, first_of(clock.day_of(account.created_at)))
    return timeline(account, first=first, now=now.available + now.held)
