"""Rows out of the database in parts that are read at once, so that nothing stays open meanwhile."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from accounts.ledger import dialect
from credits_portal.lib.csv_safe import RISKY

from . import sql
from .exports import Lines


def rows_of(statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a part."""
    with unhurried():
        by_index()
        return sql.fetch(statement, params)


def lines_of(statement: str, params: Sequence[Any]) -> Lines:
    """Return the rows of a part as CSV, written by PostgreSQL itself."""
    with unhurried(), connection.cursor() as cursor:
        by_index()
        copying: Any = cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)", params)
        with copying as copy:
            lines = [bytes(line) for line in copy]
    return Lines(b"".join(lines), len(lines))


@contextmanager
def unhurried() -> Iterator[None]:
    """Let statements take their time; on SQLite nothing is to be set, and nothing is locked."""
    if not sql.is_postgresql():
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        dialect.take_your_time(cursor)
        yield


def by_index() -> None:
    """Let PostgreSQL find a part's few rows one by one, not read tables of a whole programme."""
    if sql.is_postgresql():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")


def safe(text: str) -> str:
    """Return SQL for a text as `csv_safe.cell` would write it; PostgreSQL only."""
    risky = ", ".join(f"chr({ord(character)})" for character in RISKY)
    return f"CASE WHEN left({text}, 1) IN ({risky}) THEN '''' || {text} ELSE NULLIF({text}, '') END"


def money(amount: str) -> str:
    """Return SQL for an amount as `exports.money_cell` would write it; PostgreSQL only."""
    return (
        f"CASE WHEN round({amount}, 2) = {amount} THEN round({amount}, 2)"
        f" ELSE trim_scale({amount}) END"
    )
