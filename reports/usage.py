"""Who used what: places by person, training, month or cost centre (docs/reports.md).

Every place counts on the day its credits were drawn. What was returned of them since is taken off,
so that the credits add up to what the ledger's entries of the period still hold as redeemed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import CreditAccount
from redemption.models import Redemption, Training

from . import sql
from .periods import EVER, Period, month_name, month_of_key, months_of

PEOPLE, TRAININGS, MONTHS, COST_CENTRES = "person", "training", "month", "cost_centre"


@dataclass(frozen=True)
class Filters:
    """Which places are meant; empty means all."""

    period: Period = EVER
    training: int | None = None
    cost_centre: str | None = None
    person: str = ""


@dataclass(frozen=True)
class UsageLine:
    """The places of one person, training, month or cost centre; `key` is what they share."""

    key: str
    name: str
    detail: str
    places: int
    attended: int
    missed: int
    cancelled: int
    booked: int
    credits: int
    value: Decimal


@dataclass(frozen=True)
class Usage:
    """Lines, and the totals of all lines, also of those on other pages."""

    lines: Sequence[UsageLine]
    total: UsageLine
    count: int

    @property
    def by_month(self) -> Sequence[tuple[date, int]]:
        """Return the credits of each month from the first to the last, for lines by month."""
        credits = {month_of_key(line.key): line.credits for line in self.lines}
        return [(month, credits.get(month, 0)) for month in months_of(min(credits), max(credits))]


# Every table is read by the account, once, and then joined as a whole: PostgreSQL cannot guess how
# many rows an account has, and would look them up one by one. An entry's worth is what its postings
# took, less what was restored of them, each at its lot's price. Its places share it by their
# credits, rounded so that the shares add up to the whole.
USAGE = """
WITH booked AS (
    SELECT entry.id, entry.effective_at, entry.kind, COALESCE(entry.reverses_id, entry.id) AS origin
    FROM accounts_ledgerentry AS entry
    WHERE entry.account_id = %s AND entry.kind IN ('redeem', 'capture', 'restore')
        AND entry.effective_at >= %s AND (entry.kind = 'restore' OR entry.effective_at < %s)
), posted AS (
    SELECT posting.entry_id, {price} AS price,
        CASE posting.target WHEN 'redeemed' THEN posting.credits ELSE -posting.credits END
            AS credits
    FROM accounts_creditlot AS lot
    JOIN accounts_posting AS posting ON posting.lot_id = lot.id
    WHERE lot.account_id = %s
), worth AS (
    SELECT booked.origin AS id, SUM(posted.credits) AS credits,
        CAST(SUM(posted.credits * posted.price) AS bigint) AS units
    FROM booked
    JOIN posted ON posted.entry_id = booked.id
    GROUP BY 1
), drawn AS (
    SELECT id, effective_at FROM booked WHERE kind <> 'restore'
), seat AS (
    SELECT id, entry_id, status, redemption_id, training_id, email, name, credits, replaces_id
    FROM redemption_registration WHERE account_id = %s
), place AS (
    SELECT drawn.id AS entry_id, drawn.effective_at, worth.credits AS total, worth.units,
        registration.id AS place_id, registration.status, registration.redemption_id,
        registration.training_id, registration.email, registration.name,
        {used} AS used,
        SUM({used}) OVER (PARTITION BY drawn.id ORDER BY registration.id) AS upto
    FROM drawn
    JOIN worth ON worth.id = drawn.id
    LEFT JOIN seat AS registration ON registration.entry_id = drawn.id
        AND registration.id NOT IN (SELECT replaces_id FROM seat WHERE replaces_id IS NOT NULL)
), share AS (
    SELECT place.*, CASE WHEN used = 0 THEN 0 ELSE
        CAST(units * upto / total AS bigint) - CAST(units * (upto - used) / total AS bigint)
    END AS worth
    FROM place
), line AS (
    SELECT {group} AS name, MAX({detail}) AS detail, COUNT(place_id) AS places,
        SUM(CASE WHEN share.status = 'attended' THEN 1 ELSE 0 END) AS attended,
        SUM(CASE WHEN share.status = 'missed' THEN 1 ELSE 0 END) AS missed,
        SUM(CASE WHEN share.status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled,
        SUM(CASE WHEN share.status = 'registered' THEN 1 ELSE 0 END) AS booked,
        SUM(used) AS credits, SUM(worth) AS units
    FROM share
    LEFT JOIN redemption_redemption AS redemption ON redemption.id = share.redemption_id
    LEFT JOIN redemption_training AS training ON training.id = share.training_id
    WHERE {where}
    GROUP BY 1
)
SELECT name, detail, places, attended, missed, cancelled, booked, credits, units,
    COUNT(*) OVER (), SUM(places) OVER (), SUM(attended) OVER (), SUM(missed) OVER (),
    SUM(cancelled) OVER (), SUM(booked) OVER (), SUM(credits) OVER (), SUM(units) OVER ()
FROM line ORDER BY {order}
"""
# Credits of a place that still stand; an entry without places counts as a whole.
USED = (
    "CASE WHEN registration.id IS NULL THEN worth.credits"
    " WHEN registration.status = 'cancelled' THEN 0 ELSE registration.credits END"
)
GROUPS = {
    PEOPLE: ("COALESCE(share.email, '')", "COALESCE(share.name, '')"),
    TRAININGS: ("COALESCE(training.title, '')", "COALESCE(training.title, '')"),
    MONTHS: ("{month}", "''"),
    COST_CENTRES: ("COALESCE(redemption.cost_centre, '')", "''"),
}
NAMED = ("LOWER(share.name) LIKE %s ESCAPE '!'", "share.email LIKE %s ESCAPE '!'")
TOTALS_FROM = 9


def usage(
    account: CreditAccount,
    by: str,
    filters: Filters,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> Usage:
    """Return the account's usage in one statement, those who used most first; months in order."""
    statement, params = _statement(account, by, filters)
    if limit is not None:
        statement, params = f"{statement} LIMIT %s OFFSET %s", [*params, limit, offset]
    with sql.in_memory():
        rows = sql.fetch(statement, params)
    totals = rows[0][TOTALS_FROM:] if rows else (0,) * 8
    whole = _line("", _("Total"), "", totals[1:])
    return Usage(
        [_line(row[0], *_named(by, *row[:2]), row[2:]) for row in rows], whole, int(totals[0])
    )


def _statement(account: CreditAccount, by: str, filters: Filters) -> tuple[str, list[Any]]:
    group, detail = GROUPS[by]
    where, wanted = _conditions(filters)
    statement = USAGE.format(
        price=sql.PRICE,
        used=USED,
        group=group.format(month=sql.month_of("share.effective_at")),
        detail=detail,
        where=where,
        order="name" if by == MONTHS else "credits DESC, places DESC, name",
    )
    period = filters.period
    first, after = sql.as_moment(period.first_day), sql.as_moment(period.day_after)
    return statement, [account.pk, first, after, account.pk, account.pk, *wanted]


def _conditions(filters: Filters) -> tuple[str, list[Any]]:
    """Return what narrows the places, and its parameters."""
    conditions: list[str] = ["1 = 1"]
    wanted: list[Any] = []
    if filters.training is not None:
        conditions.append("share.training_id = %s")
        wanted.append(filters.training)
    if filters.cost_centre is not None:
        conditions.append("redemption.cost_centre = %s")
        wanted.append(filters.cost_centre)
    if filters.person:
        conditions.append(
            "(LOWER(share.name) LIKE %s ESCAPE '!' OR share.email LIKE %s ESCAPE '!')"
        )
        wanted += [like(filters.person)] * 2
    return " AND ".join(conditions), wanted


def like(text: str) -> str:
    """Return a pattern that finds `text` anywhere; its own wildcards stand for themselves."""
    for character in "!%_":
        text = text.replace(character, f"!{character}")
    return f"%{text.lower()}%"


def _line(key: str, name: str, detail: str, figures: tuple[Any, ...]) -> UsageLine:
    places, attended, missed, cancelled, booked, credits = map(int, figures[:6])
    value = sql.as_money(figures[6])
    return UsageLine(key, name, detail, places, attended, missed, cancelled, booked, credits, value)


def _named(by: str, key: str, detail: str) -> tuple[str, str]:
    """Return how people call the line, and what tells it from its namesakes."""
    if by == PEOPLE:
        return detail or key or _("No registration"), key if detail else ""
    if by == MONTHS:
        return month_name(month_of_key(key)), ""
    if by == COST_CENTRES:
        return key or _("No cost centre"), ""
    return key or _("No registration"), ""


def trainings_used(account: CreditAccount) -> Iterator[tuple[int, str]]:
    """Return the trainings that the account has paid, for a filter to offer."""
    used = Redemption.objects.filter(account=account).order_by().values("training").distinct()
    rows = Training.objects.filter(pk__in=used).order_by("title", "pk")
    return rows.values_list("pk", "title").iterator()


def cost_centres_used(account: CreditAccount) -> Sequence[str]:
    """Return the cost centres that were named, for a filter to offer."""
    named = Redemption.objects.filter(account=account).exclude(cost_centre="")
    return list(named.order_by("cost_centre").values_list("cost_centre", flat=True).distinct())
