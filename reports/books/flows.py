"""What happened to all credits, in periods: the rows of `statements` as exact amounts."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.ledger import dialect
from reports import sql

from .cuts import Cut, Periods
from .statements import Group, movements
from .totals import Totals

# What the places of a statement's rows are in the books; the others stay outside.
FIGURES = {
    "redeemed": "redeemed",
    "expired": "expired",
    "withdrawn": "refunded",
    "classes": "classes",
    "courses": "courses",
}

Counts = dict[tuple[str, Decimal], int]


def flows(cuts: Sequence[Cut], group: Group = "all") -> Mapping[tuple[Any, int], Totals]:
    """Return what happened before each cut since the one before it, by (group, period)."""
    periods = Periods(cuts)
    with unhurried() as cursor:
        cursor.execute(movements(periods, group), periods.params)
        rows = cursor.fetchall()
    found: dict[tuple[Any, int], Counts] = defaultdict(lambda: defaultdict(int))
    for period, grouped, price, source, target, credits in rows:
        _add(found[grouped, period], sql.as_money(price), source, target, int(credits))
    return {key: Totals.of(counts) for key, counts in found.items()}


@contextmanager
def unhurried() -> Iterator[Any]:
    """Give a cursor whose statement may take its time, and memory for all entries of years."""
    with transaction.atomic(), connection.cursor() as cursor:
        if sql.is_postgresql():
            dialect.take_your_time(cursor)
            cursor.execute("SET LOCAL work_mem = '128MB'; SET LOCAL jit = off")
        yield cursor


def _add(counts: Counts, price: Decimal, source: str, target: str, credits: int) -> None:
    """Count credits that went from one place to another; what is issued comes from outside."""
    issued = "sold" if price else "granted"
    for place, change in ((target, credits), (source, -credits)):
        if place in FIGURES:
            counts[FIGURES[place], price] += change
        elif place == "issued":
            counts[issued, price] -= change
