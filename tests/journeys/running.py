"""A portal of its own, started with `manage.py portal` as its users start it, for a browser.

Embedded: SQLite, the file queue and the threaded worker. Servers: PostgreSQL, Redis and Celery's
own processes. Either has its own directory, database and mailbox.
"""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.portal.production import ROOT, environment, free_port, wait_until
from tests.smtp_sink import text_of

# The servers of the run, else those of this machine; a Redis database of the portal's own.
POSTGRES = os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = (
    urlsplit(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/"))._replace(path="/14").geturl()
)
DATABASE = "journey_first_way"


@dataclass
class Portal:
    """A running portal and what a test asks of it besides the browser."""

    variables: dict[str, str]

    @property
    def url(self) -> str:
        return self.variables["BASE_URL"]

    def run(self, *words: str) -> str:
        """Run a management command beside the portal; return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment(**self.variables),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, code: str) -> str:
        """Run Python beside the portal, on the same database."""
        return self.run("shell", "--no-imports", "--command", code)


@pytest.fixture(params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def portal(request, tmp_path):
    """Yield a portal that answers, on SQLite or on PostgreSQL with Redis."""
    port = free_port()
    variables = {
        "DEBUG": "1",
        "VAR_DIR": str(tmp_path),
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
    }
    if request.param == "servers":
        variables |= request.getfixturevalue("servers")
    started = Portal(variables)
    started.run("migrate", "--verbosity", "0")
    with Path(tmp_path, "portal.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "portal"],
            cwd=ROOT,
            env=environment(**variables),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until(lambda: listens(started), seconds=60, what="the portal's start")
            yield started
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.fixture
def servers():
    """Make an empty PostgreSQL database and an empty Redis; drop them afterwards."""
    store = redis.Redis.from_url(REDIS, socket_connect_timeout=1)
    try:
        store.ping()
        administration = psycopg.connect(at("postgres"), autocommit=True, connect_timeout=2)
    except (redis.ConnectionError, psycopg.OperationalError) as error:
        pytest.skip(f"no PostgreSQL or Redis here: {error}")
    drop = f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"
    with administration:
        administration.execute(drop)
        administration.execute(f"CREATE DATABASE {DATABASE}")
        store.flushdb()
        yield {"DATABASE_URL": at(DATABASE), "REDIS_URL": REDIS}
        administration.execute(drop)
        store.flushdb()


def at(database: str) -> str:
    """Return the address of a database on the run's server."""
    return urlsplit(POSTGRES)._replace(path=f"/{database}").geturl()


def listens(portal: Portal) -> bool:
    """Tell whether the portal answers that it is ready."""
    done = subprocess.run(
        ["curl", "--silent", "--fail", f"{portal.url}/readyz"], capture_output=True, check=False
    )
    return done.returncode == 0


def windows(browser, url, **options):
    """Return a function that opens a new person's window: own cookies, 15 s of patience."""

    def opened():
        context = browser.new_context(base_url=url, **options)
        context.set_default_timeout(15_000)
        return context.new_page()

    return opened


class Letters:
    """What a person finds in a mail; where mails are read is up to the class below."""

    def read(self, to, subject):
        """Wait for the latest mail whose subject contains `subject`; return its text."""
        raise NotImplementedError

    def find(self, pattern, to, subject):
        """Return what a pattern matches in a mail."""
        return re.search(pattern, self.read(to, subject))[0]

    def code(self, to):
        """Return the six-digit code of the mail that confirms an address."""
        return self.find(r"\b\d{6}\b", to, "Confirm your email address")

    def link(self, to, subject, path):
        """Return the address in a mail whose path begins with `path`."""
        return self.find(rf"https?://\S+{path}[^\s/]+/", to, subject)


class SinkLetters(Letters):
    """What a mail server of the tests took."""

    def __init__(self, sink):
        self.sink = sink

    def read(self, to, subject):
        """Wait for the latest mail whose subject contains `subject`; return its text."""
        return text_of(self.sink.wait_for(to, subject)[-1])


class Mailbox(Letters):
    """The mailbox page, read by a person in a window of its own."""

    def __init__(self, portal, browser):
        self.url = f"{portal.url}/dev/mailbox/"
        self.page = browser.new_context().new_page()

    def subjects(self, to):
        """Return the subjects of the mails to an address, newest first."""
        self.page.goto(f"{self.url}?to={to}")
        return self.page.locator("main li a").all_inner_texts()

    def read(self, to, subject):
        """Wait for the latest mail whose subject contains `subject`; return its text."""
        wait_until(lambda: self._has(to, subject), what=f"a mail to {to} on {subject!r}")
        self.page.locator("main li a", has_text=subject).first.click()
        return self.page.locator("div.narrow").first.inner_text()

    def _has(self, to, subject):
        return any(subject in text for text in self.subjects(to))
