"""Reads the whole ledger and reports every row that breaks an invariant of docs/ledger.md."""

from dataclasses import dataclass

from django.db import connection, transaction

from accounts.ledger import dialect, guards, invariants
from accounts.ledger.chain import SQL_TEXT


@dataclass(frozen=True, slots=True)
class Violation:
    """A row that breaks an invariant; `id` is its primary key in `table` (0: not a row)."""

    invariant: str
    table: str
    id: int
    detail: str


def verify() -> list[Violation]:
    """Return all that breaks I1 to I6 and I10 to I12, set-based, without a limit of time."""
    with transaction.atomic(), connection.cursor() as cursor:
        dialect.take_your_time(cursor)
        return [
            *missing_guards(),
            *(found for each in invariants.ALL for found in violations(each)),
        ]


def violations(invariant: invariants.Invariant) -> list[Violation]:
    """Return the rows that break one invariant."""
    with connection.cursor() as cursor:
        terms = dialect.verification_terms()
        text = SQL_TEXT.format(**terms)
        cursor.execute(invariant.sql.format(text=text, **terms))
        return [Violation(invariant.name, invariant.table, *row) for row in cursor.fetchall()]


def missing_guards() -> list[Violation]:
    """Return the triggers that somebody took down (I5)."""
    missing = set(guards.triggers()) - set(guards.installed())
    return [
        Violation("I5", guards.table_of(name), 0, f"the trigger {name} is missing")
        for name in sorted(missing)
    ]
