"""A portal of its own processes, on PostgreSQL and Redis, with mails to the tests' server."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from tests.journeys.steps.office import PATIENCE, address_of_database
from tests.journeys.steps.stage import Stage
from tests.portal.production import ROOT, environment, free_port, get, wait_until
from tests.smtp_sink import SmtpSink

FIRST_REDIS = 10  # the Redis database of the first of pytest's workers; each has its own


class Processes:
    """Web, worker and beat as `manage.py portal` starts them, and a database made for them."""

    def __init__(self, folder: Path, sink: SmtpSink) -> None:
        self.sink = sink
        self.database = f"{connection.settings_dict['NAME']}_journeys"
        port = free_port()
        self.variables = {
            "DEBUG": "1",
            "VAR_DIR": str(folder),
            "PORT": str(port),
            "BASE_URL": f"http://127.0.0.1:{port}",
            "DATABASE_URL": self._address(self.database),
            "REDIS_URL": redis_of_this_worker(),
            "EMAIL_URL": sink.url,
        }
        self.log = (folder / "portal.log").open("w")
        self._make_database()
        subprocess.run(self._words("manage.py", "migrate", "-v0"), check=True, **self._terms())
        self.filled = set(self._tables(filled=True))
        self.portal = subprocess.Popen(
            self._words("manage.py", "portal"), start_new_session=True, **self._terms()
        )
        self.scenery = subprocess.Popen(
            self._words("-m", "tests.journeys.scenery"),
            cwd=ROOT,
            env=environment(**self.variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: get(port, "/readyz", Host="127.0.0.1")[0] == 200, seconds=60)

    def stop(self):
        """End the processes; drop the database."""
        self.scenery.stdin.close()
        self.portal.send_signal(signal.SIGTERM)
        self.portal.wait(PATIENCE)
        self.scenery.wait(PATIENCE)
        self.log.close()
        self._administer("DROP DATABASE {} WITH (FORCE)")

    def scene(self, name, *args, **terms):
        """Set a scene on the portal's database."""
        self.scenery.stdin.write(json.dumps([name, args, terms]) + "\n")
        self.scenery.stdin.flush()
        said = self.scenery.stdout.readline()
        assert said, f"the scene {name} failed"
        return json.loads(said)

    def empty(self):
        """Empty every table that migrations left empty, the ledger's too."""
        with psycopg.connect(self.variables["DATABASE_URL"]) as base:
            base.execute("SET session_replication_role = replica")
            for table in set(self._tables()) - self.filled:
                base.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))

    def deliver(self):
        """Wait until worker and beat have delivered all; return the kinds of all mails."""
        waiting = lambda: self.scene("undelivered")  # noqa: E731
        wait_until(lambda: not waiting(), seconds=PATIENCE, what="all delivery")
        return self.scene("kinds_of_mail")

    def _words(self, *words):
        return [sys.executable, *words]

    def _terms(self):
        return {
            "cwd": ROOT,
            "env": environment(**self.variables),
            "stdout": self.log,
            "stderr": subprocess.STDOUT,
        }

    def _tables(self, *, filled=False):
        """Return the tables; or those that have rows."""
        with psycopg.connect(self.variables["DATABASE_URL"]) as base:
            found = base.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for (table,) in found.fetchall():
                ask = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
                if not filled or base.execute(ask).fetchone()[0]:
                    yield table

    def _make_database(self):
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._administer("CREATE DATABASE {}")

    def _administer(self, command):
        with psycopg.connect(self._address("postgres"), autocommit=True) as server:
            server.execute(sql.SQL(command).format(sql.Identifier(self.database)))

    def _address(self, database):
        return urlsplit(address_of_database())._replace(path=f"/{database}").geturl()


def redis_of_this_worker():
    """Return the address of a Redis database that no other of pytest's workers uses."""
    turn = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    address = settings.REDIS_URL or "redis://127.0.0.1:6379/"
    return urlsplit(address)._replace(path=f"/{FIRST_REDIS + turn}").geturl()


class ProcessStage(Stage):
    """The stage in processes of its own: scenes are set beside them, time cannot be moved."""

    def scene(self, name, *args, **terms):
        return self.post.office.scene(name, *args, **terms)
