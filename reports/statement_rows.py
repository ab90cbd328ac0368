"""The statement as a table of postings, from the first to the last, read in parts.

A part is a range of the account's gapless entry numbers: a small first one, so that the file begins
at once, then larger ones. Nothing is left open between two parts, however slowly they are taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.ledger.models import Bucket, LedgerEntry
from accounts.models import CreditAccount

from . import actors, sql, streams
from .exports import Column, Lines, Table
from .statement import Filters, entries

COLUMNS = [
    Column("number", _("Number"), "number"),
    Column("day", _("Date"), "date"),
    Column("booked_on", _("Booked on"), "date"),
    Column("kind", _("What")),
    Column("training", _("Training")),
    Column("registrant", _("Registrant")),
    Column("reference", _("Reference")),
    Column("cost_centre", _("Cost centre")),
    Column("by", _("By")),
    Column("reason", _("Reason")),
    Column("lot", _("Lot until"), "date"),
    Column("target", _("Moved to")),
    Column("credits", _("Credits"), "credits"),
    Column("unit_price", _("Unit price, USD"), "money"),
    Column("value", _("Value, USD"), "money"),
    Column("change", _("Change"), "credits"),
    Column("after", _("Available after"), "credits"),
]
# Matching entries in a part: the first one, those written by the database, those turned into rows.
FIRST_PART = 500
LINES_PART = 20_000
ROWS_PART = 5_000
# The balance runs over every entry of the part, also over those that a filter leaves out. The limit
# tells PostgreSQL how few they are: it cannot guess that from two bounds.
ROWS = """
SELECT move.number, {day}, {booked_on}, {kind}, {training}, {registrant}, redemption.reference,
    {cost_centre}, {by}, {reason}, lot.last_day, {target}, move.credits, {unit_price}, {value},
    move.change, move.after
FROM (
    SELECT entry.number, entry.effective_at, entry.created_at, entry.kind, entry.reason,
        entry.actor, entry.id AS entry_id,
        COALESCE(entry.ends_id, entry.reverses_id, entry.id) AS origin,
        posting.lot_id, posting.target, posting.credits, {change} AS change,
        %s + SUM({change}) OVER (ORDER BY entry.number, posting.id ROWS UNBOUNDED PRECEDING)
            AS after
    FROM (
        SELECT * FROM accounts_ledgerentry WHERE account_id = %s AND number > %s
        ORDER BY number LIMIT %s
    ) AS entry
    JOIN accounts_posting AS posting ON posting.entry_id = entry.id
) AS move
JOIN accounts_creditlot AS lot ON lot.id = move.lot_id
LEFT JOIN redemption_redemption AS redemption ON redemption.id = CASE
    WHEN move.kind IN ('hold', 'capture', 'release')
    THEN (SELECT id FROM redemption_redemption WHERE hold_id = move.origin)
    WHEN move.kind IN ('redeem', 'restore') THEN COALESCE(
        (SELECT id FROM redemption_redemption WHERE entry_id = move.origin),
        (SELECT redemption_id FROM redemption_registration WHERE entry_id = move.origin LIMIT 1)
    ) END
LEFT JOIN redemption_training AS training ON training.id = redemption.training_id
{joins}
{where}
ORDER BY move.number
"""
CHANGE = f"""
SELECT COALESCE(SUM({sql.CHANGE_BY_ENTRY}), 0) FROM accounts_ledgerentry AS entry
WHERE entry.account_id = %s AND entry.number > %s AND entry.number <= %s
"""  # noqa: S608
VALUE = "(move.credits * lot.unit_price)"
TEXTS = {
    "training": "training.title",
    "registrant": "redemption.name",
    "cost_centre": "redemption.cost_centre",
    "by": actors.BY,
    "reason": "move.reason",
}


def statement_table(account: CreditAccount, filters: Filters) -> Table:
    """Return the account's postings that the filters let through, oldest first."""
    return Table(
        _("Statement"),
        COLUMNS,
        _rows(account, filters),
        lines=(lambda: _lines(account, filters)) if sql.is_postgresql() else None,
    )


@dataclass(frozen=True)
class Part:
    """The entries after number `low` up to `high`, and what was available before them."""

    opening: int
    low: int
    high: int


def _parts(account: CreditAccount, filters: Filters, size: int) -> Iterator[Part]:
    """Yield the parts of what the filters let through, as it stands now, `size` entries each."""
    last = CreditAccount.objects.values_list("ledger_number", flat=True).get(pk=account.pk)
    opening = before = low = 0
    while span := _next_span(account, filters, low, last, size if low else FIRST_PART):
        low, high = span
        opening += _change(account, before, low)
        yield Part(opening, low, high)
        before, low = low, high


def _next_span(
    account: CreditAccount, filters: Filters, low: int, last: int, size: int
) -> tuple[int, int] | None:
    """Return the numbers (after, up to) that enclose the next `size` entries, or None."""
    if filters.is_empty:
        return (low, min(low + size, last)) if low < last else None
    found = entries(account, filters).filter(number__gt=low, number__lte=last).order_by("number")
    with streams.unhurried():
        numbers = list(found.values_list("number", flat=True)[:size])
    return (numbers[0] - 1, numbers[-1]) if numbers else None


def _change(account: CreditAccount, low: int, high: int) -> int:
    """Return what the entries after `low` up to `high` did to the available credits."""
    return int(sql.fetch(CHANGE, [account.pk, low, high])[0][0]) if low < high else 0


def _rows(account: CreditAccount, filters: Filters) -> Iterator[tuple[Any, ...]]:
    for part in _parts(account, filters, ROWS_PART):
        statement, params = _statement(account, filters, part, as_csv=False)
        for row in streams.rows_of(statement, params):
            number, day, booked_on, *texts, lot, target, credits, price, value, change, after = row
            yield (
                number,
                sql.as_date(day),
                sql.as_date(booked_on),
                *texts,
                sql.as_date(lot),
                target,
                credits,
                sql.as_money(price),
                sql.as_money(value),
                change,
                int(after),
            )


def _lines(account: CreditAccount, filters: Filters) -> Iterator[Lines]:
    for part in _parts(account, filters, LINES_PART):
        yield streams.lines_of(*_statement(account, filters, part, as_csv=True))


def _statement(
    account: CreditAccount, filters: Filters, part: Part, *, as_csv: bool
) -> tuple[str, list[Any]]:
    """Return the query and its parameters; `as_csv` writes texts and money as a file has them."""
    kinds, kind_words = _in_words("move.kind", dict(LedgerEntry.Kind.choices))
    targets, target_words = _in_words("move.target", dict(Bucket.choices))
    where, wanted = _where(account, filters, part)
    texts = {name: streams.safe(text) if as_csv else text for name, text in TEXTS.items()}
    statement = ROWS.format(
        day=sql.day_of("move.effective_at"),
        booked_on=sql.day_of("move.created_at"),
        kind=kinds,
        target=targets,
        change=sql.AVAILABLE,
        joins=actors.JOINS,
        where=where,
        unit_price=streams.money("lot.unit_price") if as_csv else sql.PRICE,
        value=streams.money(VALUE) if as_csv else f"move.credits * {sql.PRICE}",
        **texts,
    )
    range_of = [part.opening, account.pk, part.low, part.high - part.low]
    people = actors.params_of_joins(account)
    return statement, [*kind_words, *target_words, *range_of, *people, *wanted]


def _in_words(column: str, words: dict[str, Any]) -> tuple[str, list[str]]:
    """Return SQL that says a code in the reader's language, and its parameters."""
    cases = " ".join(f"WHEN '{code}' THEN %s" for code in words)
    return f"CASE {column} {cases} END", [str(word) for word in words.values()]


def _where(account: CreditAccount, filters: Filters, part: Part) -> tuple[str, Any]:
    """Return the condition that the filters make, and its parameters."""
    if filters.is_empty:
        return "", ()
    wanted = entries(account, filters).filter(number__gt=part.low, number__lte=part.high)
    statement, params = wanted.order_by().values("pk").query.sql_with_params()
    return f"WHERE move.entry_id IN ({statement})", params
