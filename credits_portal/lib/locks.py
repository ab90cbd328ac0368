"""Row locks and the outermost transaction: the only module that says `select_for_update`.

Lock order everywhere: order, training session, redemption, names, then credit accounts by id.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

from django.db import (
    DEFAULT_DB_ALIAS,
    OperationalError,
    connection,
    connections,
    models,
    transaction,
)

from credits_portal.lib import statements

Row = TypeVar("Row", bound=models.Model)
Params = ParamSpec("Params")
Result = TypeVar("Result")

ATTEMPTS = 3
DEADLOCK_OR_SERIALIZATION = {"40P01", "40001"}


def locked(row: Row) -> Row:
    """Lock the row that `row` stands for until the transaction ends; return it read afresh.

    SQLite has no row locks: its transactions begin IMMEDIATE and so exclude each other.
    """
    manager: Any = type(row)._base_manager
    fresh: Row = manager.select_for_update(of=("self",)).get(pk=row.pk)
    return fresh


def locked_values(table: str, pks: Iterable[int], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Lock rows in id order and return the `columns` of each, in plain SQL: for hot paths.

    Others may still refer to the rows meanwhile (FOR NO KEY UPDATE leaves foreign keys alone).
    """
    ids = sorted(set(pks))
    # One row makes a statement that can be prepared; engines limit the number of parameters.
    given, values = ("%s", ids) if len(ids) == 1 else (", ".join(str(int(pk)) for pk in ids), [])
    lock = " FOR NO KEY UPDATE" if connection.features.has_select_for_update else ""
    found = statements.run(
        f"SELECT {', '.join(columns)} FROM {table} WHERE id IN ({given}) ORDER BY id{lock}",  # noqa: S608
        values,
    )
    return list(found.fetchall())


def locked_name(name: str) -> None:
    """Let nobody else lock `name` until the transaction ends: for a count that no row guards.

    Take it before the accounts' locks. SQLite's transactions exclude each other anyway.
    """
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def is_retryable(error: OperationalError) -> bool:
    """Tell a deadlock or serialization failure, which a second try can mend."""
    return getattr(error.__cause__, "sqlstate", None) in DEADLOCK_OR_SERIALIZATION


def transactional(function: Callable[Params, Result]) -> Callable[Params, Result]:
    """Run `function` in a transaction; the outermost one retries a deadlock up to 3 times."""

    @functools.wraps(function)
    def wrapper(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        nested = connections[DEFAULT_DB_ALIAS].in_atomic_block
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return function(*args, **kwargs)
            except OperationalError as error:
                if nested or attempt == ATTEMPTS or not is_retryable(error):
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    return wrapper
