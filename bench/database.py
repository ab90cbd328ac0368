"""A database of the benchmark's own, made, migrated and dropped again."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock
from urllib.parse import urlsplit

import django
import psycopg

LOCAL = "postgres://postgres@127.0.0.1:5432/portal"


@contextmanager
def fresh() -> Iterator[None]:
    """Set Django up on an empty, migrated database; no worker is woken."""
    url = os.environ.get("DATABASE_URL", "")
    given = urlsplit(url if url.startswith("postgres") else LOCAL)
    server, name = given._replace(path="/postgres"), f"{given.path[1:]}_bench"
    os.environ.update(
        DATABASE_URL=server._replace(path=f"/{name}").geturl(),
        DEBUG="1",
        DATABASE_STATEMENT_TIMEOUT="0",
        DJANGO_SETTINGS_MODULE="credits_portal.settings",
    )
    with psycopg.connect(server.geturl(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        try:
            django.setup()
            from django.conf import settings  # noqa: PLC0415
            from django.core.management import call_command  # noqa: PLC0415

            settings.DEBUG = False  # else Django keeps every statement
            call_command("migrate", verbosity=0)
            with mock.patch("credits_portal.outbox.services.wake", new=_sleep_on):
                yield
        finally:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _sleep_on() -> None:
    """Stand in for `wake`: the floor tells no broker either."""


def dsn() -> str:
    """Return where the benchmark's database is, for bare psycopg."""
    return os.environ["DATABASE_URL"]
