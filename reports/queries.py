"""Reads across apps: what an account has, what is about to happen to it, and what has happened.

Every function makes a constant number of queries, whatever the history of the account.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from accounts.ledger import Balance, balance
from accounts.ledger.models import Bucket, CreditLot, LedgerEntry, Posting
from accounts.models import CreditAccount
from approvals.models import ApprovalRequest
from credits_portal.lib import clock
from credits_portal.lib.formats import number
from redemption.models import Redemption, Registration

LOTS_SHOWN = 5
ACTIVITY_SHOWN = 8
REQUESTS_SHOWN = 5


@dataclass(frozen=True)
class Expiring:
    """The available credits that are the next to be lost."""

    credits: int
    last_day: date


@dataclass(frozen=True)
class StatementLine:
    """One ledger entry as its owner reads it."""

    entry: LedgerEntry
    change: int
    balance: int
    redemption: Redemption | None
    postings: Sequence[Posting]

    @property
    def day(self) -> date:
        """Return the day on which it took effect, in the programme's zone."""
        return clock.day_of(self.entry.effective_at)

    @property
    def signed(self) -> str:
        """Return the change of the available credits, with its sign."""
        return f"+{number(self.change)}" if self.change > 0 else number(self.change)


@dataclass(frozen=True)
class Dashboard:
    """What the account's first page shows."""

    balance: Balance
    expiring: Expiring | None
    lots: Sequence[CreditLot]
    more_lots: bool
    requests: Sequence[ApprovalRequest]
    waiting: int
    activity: Sequence[StatementLine]


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


def entries(account: CreditAccount) -> QuerySet[LedgerEntry]:
    """Return the account's ledger entries, the latest first."""
    return LedgerEntry.objects.filter(account=account).order_by("-number")


def statement_lines(account: CreditAccount, page: Iterable[LedgerEntry]) -> Sequence[StatementLine]:
    """Turn a page of `entries(account)` into lines, each with the balance after it."""
    rows = list(page)
    if not rows:
        return []
    postings = _postings_by_entry(rows)
    redemptions = _redemptions_by_entry(rows)
    after = _available_after(account, rows[0].number)
    lines = []
    for entry in rows:
        moved = postings.get(entry.pk, [])
        change = sum(_change(posting) for posting in moved)
        redemption = redemptions.get(entry.pk)
        lines.append(StatementLine(entry, change, after, redemption, moved))
        after -= change
    return lines


def dashboard(account: CreditAccount) -> Dashboard:
    """Return all that the account's first page shows."""
    soonest = list(usable_lots(account)[: LOTS_SHOWN + 1])
    waiting = ApprovalRequest.objects.open().filter(redemption__account=account)
    urgent = waiting.select_related("redemption__training").order_by("redemption__decide_by", "id")
    return Dashboard(
        balance=balance(account=account),
        expiring=expiring_next(account),
        lots=soonest[:LOTS_SHOWN],
        more_lots=len(soonest) > LOTS_SHOWN,
        requests=list(urgent[:REQUESTS_SHOWN]),
        waiting=waiting.count(),
        activity=statement_lines(account, entries(account)[:ACTIVITY_SHOWN]),
    )


def _change(posting: Posting) -> int:
    """Return what a posting does to the available credits."""
    if posting.target == Bucket.AVAILABLE:
        return posting.credits
    return -posting.credits if posting.source == Bucket.AVAILABLE else 0


def _available_after(account: CreditAccount, entry_number: int) -> int:
    """Return the available credits as booked once entry `entry_number` was written.

    The lots say what is available now; what newer entries changed is taken off again. One
    statement, so that no booking comes between the two figures.
    """
    change = Case(
        When(target=Bucket.AVAILABLE, then=F("credits")),
        When(source=Bucket.AVAILABLE, then=-F("credits")),
        default=Value(0),
        output_field=IntegerField(),
    )
    newer = Posting.objects.filter(entry__account=OuterRef("pk"), entry__number__gt=entry_number)
    available = CreditLot.objects.filter(account=OuterRef("pk"))
    figures = CreditAccount.objects.filter(pk=account.pk).values_list(
        _total(available, "account", F("available")), _total(newer, "entry__account", change)
    )
    now, since = figures.get()
    return int(now) - int(since)


def _total(rows: QuerySet[Any], group: str, amount: Any) -> Coalesce:
    """Return the sum of `amount` over `rows` as a subquery; 0 where there are none."""
    totals = rows.order_by().values(group).annotate(total=Sum(amount)).values("total")
    return Coalesce(Subquery(totals, output_field=IntegerField()), 0)


def _postings_by_entry(rows: Sequence[LedgerEntry]) -> dict[int, list[Posting]]:
    found: dict[int, list[Posting]] = {}
    for posting in Posting.objects.filter(entry__in=rows).select_related("lot").order_by("id"):
        found.setdefault(posting.entry_id, []).append(posting)
    return found


def _redemptions_by_entry(rows: Sequence[LedgerEntry]) -> dict[int, Redemption]:
    """Find the redemption behind each entry: the one paid, held, released or given back."""
    sources = {entry.pk: entry.ends_id or entry.reverses_id or entry.pk for entry in rows}
    wanted = set(sources.values())
    found: dict[int | None, Redemption] = {}
    for place in Registration.objects.filter(entry__in=wanted).select_related(
        "redemption__training"
    ):
        found[place.entry_id] = place.redemption
    whole = Redemption.objects.filter(Q(entry__in=wanted) | Q(hold__in=wanted))
    for redemption in whole.select_related("training"):
        found[redemption.entry_id] = found[redemption.hold_id] = redemption
    return {pk: found[source] for pk, source in sources.items() if source in found}
