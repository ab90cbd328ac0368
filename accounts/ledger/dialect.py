"""The few fragments of SQL that PostgreSQL and SQLite write differently."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

from credits_portal.lib import clock


def is_postgresql() -> bool:
    """Tell which of the two engines this is."""
    return connection.vendor == "postgresql"


def rows(columns: dict[str, str]) -> str:
    """Return a FROM item whose rows come from one parameter, a JSON text made by `as_json`.

    `columns` are names and SQL types. One parameter, because SQLite limits their number.
    """
    if is_postgresql():
        record = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"json_to_recordset(%s) AS given({record})"
    fields = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"(SELECT {fields} FROM json_each(%s)) AS given"  # noqa: S608


def as_json(columns: Sequence[str], values: Sequence[Sequence[Any]]) -> str:
    """Return rows as the parameter of `rows`."""
    return json.dumps([dict(zip(columns, row, strict=True)) for row in values], default=str)


def verification_terms() -> dict[str, str]:
    """Return what the queries of `invariants` and `chain.SQL_TEXT` need in this engine's words."""
    return {**(_postgresql_terms() if is_postgresql() else SQLITE_TERMS)}


def take_your_time(cursor: Any) -> None:
    """Let the present transaction's statements run for as long as they need."""
    if is_postgresql():
        cursor.execute("SET LOCAL statement_timeout = 0")


def _postgresql_terms() -> dict[str, str]:
    moment = "to_char(entry.{} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    return {
        "effective_at": moment.format("effective_at"),
        "created_at": moment.format("created_at"),
        "fits": "to_char(entry.fits, 'YYYY-MM-DD')",
        "purchased_on": "to_char(lot.purchased_on, 'YYYY-MM-DD')",
        "last_day": "to_char(lot.last_day, 'YYYY-MM-DD')",
        "unit_price": "CAST(CAST(lot.unit_price AS numeric(12, 4)) AS text)",
        "joined": "string_agg(move, ';')",
        "sha256": "encode(sha256(convert_to(text, 'UTF8')), 'hex')",
        "booked_on": f"CAST(entry.created_at AT TIME ZONE '{clock.zone()}' AS date)",
    }


# SQLite leaves out the decimals of a second that are zero.
SQLITE_TERMS = {
    "effective_at": "ledger_moment(entry.effective_at)",
    "created_at": "ledger_moment(entry.created_at)",
    "fits": "entry.fits",
    "purchased_on": "lot.purchased_on",
    "last_day": "lot.last_day",
    "unit_price": "printf('%.4f', lot.unit_price)",
    "joined": "group_concat(move, ';')",
    "sha256": "ledger_sha256(text)",
    "booked_on": "ledger_day(entry.created_at)",
}


def teach_sqlite(connection: Any, **kwargs: object) -> None:  # noqa: ARG001
    """Give a new SQLite connection what PostgreSQL has built in."""
    if connection.vendor == "sqlite":
        for name, function in SQLITE_FUNCTIONS.items():
            connection.connection.create_function(name, 1, function, deterministic=True)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _moment(stored: str) -> str:
    return f"{stored}.000000" if "." not in stored else stored


def _day(stored: str) -> str:
    return str(clock.day_of(datetime.fromisoformat(stored).replace(tzinfo=UTC)))


SQLITE_FUNCTIONS = {"ledger_sha256": _sha256, "ledger_moment": _moment, "ledger_day": _day}

connection_created.connect(teach_sqlite, dispatch_uid="ledger-sqlite-functions")
