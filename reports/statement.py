"""The statement: every booking with who, why, lot, credits and the balance after it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.ledger.models import Bucket, LedgerEntry, Posting
from accounts.models import CreditAccount
from credits_portal.lib import clock
from credits_portal.lib.formats import number
from redemption.models import Redemption, Registration

from . import sql
from .actors import names_of
from .periods import EVER, Period


@dataclass(frozen=True)
class Filters:
    """Which entries are meant; empty means all."""

    period: Period = EVER
    text: str = ""
    kind: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether every entry is meant."""
        return self == ALL


ALL = Filters()


@dataclass(frozen=True)
class StatementLine:
    """One ledger entry as its owner reads it."""

    entry: LedgerEntry
    change: int
    balance: int
    redemption: Redemption | None
    postings: Sequence[Posting]
    by: str = ""

    @property
    def why(self) -> str:
        """Return the reason, without the reference and the training that the line names anyway."""
        if self.redemption is None:
            return self.entry.reason
        rest = self.entry.reason.removeprefix(self.redemption.reference).strip()
        return "" if rest == self.redemption.training.title else rest

    @property
    def day(self) -> date:
        """Return the day on which it took effect, in the programme's zone."""
        return clock.day_of(self.entry.effective_at)

    @property
    def signed(self) -> str:
        """Return the change of the available credits, with its sign."""
        return f"+{number(self.change)}" if self.change > 0 else number(self.change)

    @property
    def value(self) -> Decimal:
        """Return what was paid for the credits that moved."""
        return sum((row.credits * row.lot.unit_price for row in self.postings), Decimal(0))


def entries(account: CreditAccount, filters: Filters = ALL) -> QuerySet[LedgerEntry]:
    """Return the account's ledger entries that the filters let through, the latest first."""
    rows = LedgerEntry.objects.filter(account=account).order_by("-number")
    if filters.period.first:
        rows = rows.filter(effective_at__gte=clock.start_of(filters.period.first))
    if filters.period.last:
        rows = rows.filter(effective_at__lt=clock.start_of(filters.period.day_after))
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    return _about(account, rows, filters.text) if filters.text else rows


def _about(account: CreditAccount, rows: QuerySet[LedgerEntry], text: str) -> QuerySet[LedgerEntry]:
    """Return the entries whose reason or registration names the text."""
    places = Registration.objects.filter(
        Q(name__icontains=text) | Q(email__icontains=text), account=account
    )
    found = Redemption.objects.filter(
        Q(reference__icontains=text)
        | Q(name__icontains=text)
        | Q(email__icontains=text)
        | Q(cost_centre__icontains=text)
        | Q(training__title__icontains=text)
        | Q(pk__in=places.values("redemption")),
        account=account,
    )
    drawn = Registration.objects.filter(redemption__in=found, entry__isnull=False)
    return rows.annotate(origin=Coalesce("ends_id", "reverses_id", "id")).filter(
        Q(reason__icontains=text)
        | Q(origin__in=found.filter(entry__isnull=False).values("entry"))
        | Q(origin__in=found.filter(hold__isnull=False).values("hold"))
        | Q(origin__in=drawn.values("entry"))
    )


def lines(account: CreditAccount, page: Iterable[LedgerEntry]) -> Sequence[StatementLine]:
    """Turn a page of `entries` into lines, each with the available credits after it."""
    rows = list(page)
    if not rows:
        return []
    people = names_of(account, (entry.actor for entry in rows))
    postings = _postings_by_entry(rows)
    redemptions = _redemptions_by_entry(rows)
    after = _available_after(account, rows)
    return [
        StatementLine(
            entry,
            sum(_change(posting) for posting in postings.get(entry.pk, [])),
            after[entry.pk],
            redemptions.get(entry.pk),
            postings.get(entry.pk, []),
            people.get(entry.actor, ""),
        )
        for entry in rows
    ]


def _change(posting: Posting) -> int:
    """Return what a posting does to the available credits."""
    if posting.target == Bucket.AVAILABLE:
        return posting.credits
    return -posting.credits if posting.source == Bucket.AVAILABLE else 0


# The lots say what is available now, as booked; what newer entries changed is taken off again. One
# statement, so that no booking comes between the two figures. Entry by entry: mostly they are few.
AFTER = f"""
WITH newer AS (
    SELECT entry.id, entry.number, (
        SELECT SUM({sql.AVAILABLE}) FROM accounts_posting AS posting
        WHERE posting.entry_id = entry.id
    ) AS change
    FROM accounts_ledgerentry AS entry
    WHERE entry.account_id = %s AND entry.number >= %s
), so_far AS (
    SELECT id, change - SUM(change) OVER (ORDER BY number DESC) AS since FROM newer
)
SELECT id, since + (SELECT SUM(available) FROM accounts_creditlot WHERE account_id = %s)
FROM so_far WHERE id IN ({{ids}})
"""  # noqa: S608


def _available_after(account: CreditAccount, rows: Sequence[LedgerEntry]) -> Mapping[int, int]:
    """Return the available credits, as booked, once each of the entries was written."""
    oldest = min(entry.number for entry in rows)
    ids = ", ".join(str(entry.pk) for entry in rows)
    found = sql.fetch(AFTER.format(ids=ids), [account.pk, oldest, account.pk])
    return {pk: int(after) for pk, after in found}


SHOWN_OF_REDEMPTION = ["entry", "hold", "name", "reference", "training__title"]


def _postings_by_entry(rows: Sequence[LedgerEntry]) -> dict[int, list[Posting]]:
    found: dict[int, list[Posting]] = {}
    for posting in Posting.objects.filter(entry__in=rows).select_related("lot").order_by("id"):
        found.setdefault(posting.entry_id, []).append(posting)
    return found


def _redemptions_by_entry(rows: Sequence[LedgerEntry]) -> dict[int, Redemption]:
    """Find the redemption behind each entry: the one paid, held, released or given back."""
    sources = {entry.pk: entry.ends_id or entry.reverses_id or entry.pk for entry in rows}
    wanted = set(sources.values())
    places = Registration.objects.filter(entry__in=wanted)
    by_place = dict(places.values_list("entry_id", "redemption_id"))
    whole = Redemption.objects.filter(
        Q(entry__in=wanted) | Q(hold__in=wanted) | Q(pk__in=set(by_place.values()))
    )
    shown = whole.select_related("training").only(*SHOWN_OF_REDEMPTION).in_bulk()
    found: dict[int | None, Redemption] = {pk: shown[each] for pk, each in by_place.items()}
    for redemption in shown.values():
        found[redemption.entry_id] = found[redemption.hold_id] = redemption
    return {pk: found[source] for pk, source in sources.items() if source in found}
