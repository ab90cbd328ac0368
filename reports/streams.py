"""Many rows out of the database, one after another: memory does not grow with their number."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from accounts.ledger import dialect
from credits_portal.lib.csv_safe import RISKY

from . import sql

BUFFER = 1 << 16
ROWS_AT_ONCE = 2_000


def rows_of(statement: str, params: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement as they come."""
    with unhurried(), connection.chunked_cursor() as cursor:
        cursor.execute(statement, params)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def lines_of(statement: str, params: Sequence[Any]) -> Iterator[bytes]:
    """Yield the rows of a statement as lines of CSV, written by PostgreSQL itself."""
    with unhurried(), connection.cursor() as cursor:
        copying: Any = cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)", params)
        with copying as copy:
            lines, size = [], 0
            for line in copy:
                lines.append(bytes(line))
                size += len(line)
                if size > BUFFER:
                    yield b"".join(lines)
                    lines, size = [], 0
            yield b"".join(lines)


@contextmanager
def unhurried() -> Iterator[None]:
    """Let statements take the reader's time; on SQLite nothing is to be set, and nothing locked."""
    if not sql.is_postgresql():
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        dialect.take_your_time(cursor)
        yield


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
