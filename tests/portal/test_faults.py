"""What may fail beneath a running portal, one thing after the other (trust.md 2)."""

import os
import time

import psycopg
import pytest
import redis

from .composition import composition, database, sink
from .production import wait_until
from .visitor import Visitor

__all__ = ["composition", "database", "sink"]
pytestmark = pytest.mark.servers

AWAY, HEALED_WITHIN = 17, 8  # seconds
END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = %s AND pid <> pg_backend_pid()"
)


@pytest.fixture(scope="module")
def broker():
    """Empty a Redis database of these tests' own; return its address."""
    address = os.environ["REDIS_URL"].rpartition("/")[0] + "/12"
    redis.Redis.from_url(address).flushdb()
    return address


@pytest.fixture
def server(database):
    """Return a connection beside the portal's own to the same PostgreSQL, and its database."""
    address, name = database.rsplit("/", 1)
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        yield connection, name
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@pytest.fixture
def visitor(composition):
    return Visitor(composition.port)


def mail(composition, recipient):
    """Queue a mail beside the portal, without a wake-up."""
    composition.python(
        "from credits_portal.outbox import services;"
        "services.wake = lambda: None;"
        f'services.queue(name="accounts.unknown_account", recipient="{recipient}", key="x")'
    )


def test_a_killed_connection_is_replaced(visitor, server):
    connection, name = server
    visitor.get("/training/")
    connection.execute(END_ALL, [name])
    statuses = [visitor.get("/training/").status for _page in range(6)]
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200


def test_while_the_database_is_away_pages_ask_to_come_back(visitor, server):
    connection, name = server
    connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    connection.execute(END_ALL, [name])
    started = time.monotonic()
    answer = visitor.get("/training/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert time.monotonic() - started < 10
    assert visitor.get("/readyz").status == 503
    assert visitor.get("/healthz").status == 200


def test_a_database_that_was_away_is_found_again(composition, visitor, server, sink):
    connection, name = server
    connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    connection.execute(END_ALL, [name])
    until = time.monotonic() + AWAY
    while time.monotonic() < until:
        assert visitor.get("/training/").status == 503
    connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    wait_until(
        lambda: visitor.get("/training/").status == 200, seconds=HEALED_WITHIN, what="a page"
    )
    mail(composition, "after-the-outage@example.com")
    sink.wait_for("after-the-outage@example.com", "", timeout=40)


def test_a_flushed_broker_loses_no_mail(composition, broker, sink):
    mail(composition, "after-the-flush@example.com")
    redis.Redis.from_url(broker).flushdb()
    sink.wait_for("after-the-flush@example.com", "", timeout=40)


def test_two_beats_send_a_mail_once(composition, sink):
    composition.start("beat", called="second-beat", VAR_DIR=str(composition.folder / "second"))
    time.sleep(5)
    mail(composition, "two-beats@example.com")
    sink.wait_for("two-beats@example.com", "", timeout=40)
    time.sleep(11)
    assert len(sink.mails_to("two-beats@example.com")) == 1


def test_a_killed_workers_mail_is_sent_by_the_next_within_a_minute(composition, sink):
    composition.running["worker"].kill()
    composition.running["worker"].wait()
    mail(composition, "after-the-kill@example.com")
    composition.start("worker")
    sink.wait_for("after-the-kill@example.com", "", timeout=60)
