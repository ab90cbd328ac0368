"""Runs the few statements that every booking passes."""

import functools
from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.module_loading import import_string

POSTGRESQL_CURSOR = "django.db.backends.postgresql.base.ServerBindingCursor"


def run(sql: str, values: Sequence[Any] = ()) -> Any:
    """Run a statement and return its cursor.

    PostgreSQL plans it once per connection, not once per call: keep its text the same from call to
    call. Values travel beside the text, so write a cast where their type could not be told.
    """
    cursor = _cursor(connections[DEFAULT_DB_ALIAS])
    cursor.execute(sql, values)
    return cursor


def _cursor(connection: Any) -> Any:
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    cursor = _server_binding_cursor()(connection.connection)
    logged = connection.queries_logged
    return connection.make_debug_cursor(cursor) if logged else connection.make_cursor(cursor)


@functools.cache
def _server_binding_cursor() -> Any:
    """Import it where it is used: without psycopg there is none."""
    return import_string(POSTGRESQL_CURSOR)
