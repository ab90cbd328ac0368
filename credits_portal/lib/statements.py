"""Cursors for the few statements that every booking passes."""

import functools
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.module_loading import import_string

POSTGRESQL_CURSOR = "django.db.backends.postgresql.base.ServerBindingCursor"


def prepared() -> Any:
    """Return a cursor whose statements PostgreSQL plans once per connection, not once per call.

    Their values travel beside the text and not within it: keep the text the same from call to call,
    and write a cast where PostgreSQL could not tell a value's type. On SQLite a plain cursor.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    return connection._prepare_cursor(_server_binding_cursor()(connection.connection))


@functools.cache
def _server_binding_cursor() -> Any:
    """Import it where it is used: without psycopg there is none."""
    return import_string(POSTGRESQL_CURSOR)
