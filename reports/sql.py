"""The few words in which the two engines differ, and exact sums of money on both."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from credits_portal.lib import clock

# A price as a whole number of ten-thousandths of a dollar, the scale of the column: SQLite has no
# exact decimals, and sums of whole numbers are exact on both engines.
PRICE = "CAST(ROUND(lot.unit_price * 10000) AS bigint)"
UNITS = Decimal(10_000)

# What a posting does to the available credits, and to the balance: available and held ones.
AVAILABLE = (
    "CASE WHEN posting.target = 'available' THEN posting.credits"
    " WHEN posting.source = 'available' THEN -posting.credits ELSE 0 END"
)
# The same of a whole entry, without its postings where its kind tells it: those of a release or a
# return may have gone to expired.
CHANGE_BY_ENTRY = (
    "CASE WHEN entry.kind = 'issue' THEN entry.credits"
    " WHEN entry.kind IN ('redeem', 'hold', 'withdraw', 'expire') THEN -entry.credits"
    " WHEN entry.kind IN ('release', 'restore') THEN (SELECT COALESCE(SUM(back.credits), 0)"
    " FROM accounts_posting AS back WHERE back.entry_id = entry.id AND back.target = 'available')"
    " ELSE 0 END"
)


def is_postgresql() -> bool:
    """Tell which of the two engines this is."""
    return connection.vendor == "postgresql"


def day_of(column: str) -> str:
    """Return SQL for the programme's calendar date of a moment."""
    if is_postgresql():
        return f"CAST({column} AT TIME ZONE '{clock.zone().key}' AS date)"
    return f"ledger_day({column})"


def month_of(column: str) -> str:
    """Return SQL for the month, as 2026-03, of a moment."""
    return month_of_day(day_of(column))


def month_of_day(column: str) -> str:
    """Return SQL for the month, as 2026-03, of a date."""
    return f"to_char({column}, 'YYYY-MM')" if is_postgresql() else f"substr({column}, 1, 7)"


def as_moment(day: date) -> Any:
    """Return the first moment of a day as a parameter of this engine."""
    adapt: Any = connection.ops.adapt_datetimefield_value
    return adapt(clock.start_of(day))


def as_date(value: date | str) -> date:
    """Return a date that either engine gave."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def as_money(units: Any) -> Decimal:
    """Return a sum over PRICE as dollars."""
    return Decimal(units or 0) / UNITS


@contextmanager
def in_memory() -> Iterator[None]:
    """Let PostgreSQL sort and join a large account's rows in memory; its default is for few."""
    if not is_postgresql():
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '32MB'")
        yield


def fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return all rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
