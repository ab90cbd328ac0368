"""The back office: whoever does the tasks and delivers the mails while a journey goes on."""

import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection

from credits_portal.celery import app
from credits_portal.outbox import delivery
from tests.journeys.steps import scenes
from tests.portal.production import ROOT, environment, wait_until
from tests.smtp_sink import SmtpSink

PATIENCE = 60  # seconds for a start, a task, or the delivery of all that is queued


class Hands:
    """The portal's clock under a test's hand; a worker of its own process reads it from a file."""

    def __init__(self, file: Path, moment: datetime) -> None:
        self.file = file
        self.moment = moment

    def now(self):
        """Return the moment, in place of `clock.now`."""
        return self._moment

    moment = property(now)

    @moment.setter
    def moment(self, moment):
        self._moment = moment
        beside = self.file.with_suffix(".new")
        beside.write_text(moment.isoformat())
        beside.rename(self.file)


def none_waits():
    """Tell whether every mail is delivered."""
    return not scenes.undelivered()


@dataclass
class OwnThread:
    """Embedded: the test itself does what the worker would; mails go to `sink`."""

    hands: Hands
    sink: SmtpSink

    wakes = staticmethod(contextlib.nullcontext)

    def run(self, *names):
        """Do these tasks, one after the other."""
        app.loader.import_default_modules()
        for name in names:
            app.tasks[name].run()

    def deliver(self):
        """Deliver what is queued; return the kinds of all mails."""
        delivery.drain()
        return scenes.kinds_of_mail()


class Worker:
    """Servers: a Celery worker's own processes, woken over Redis."""

    def __init__(self, hands: Hands, sink: SmtpSink, url: str) -> None:
        self.hands, self.sink = hands, sink
        self.queue = f"journeys-{os.getpid()}"
        self.word = f"{self.queue}:done"
        self.store = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2 * PATIENCE)
        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name, "worker.log")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.journeys.worker", self.queue, self.word],
                cwd=ROOT,
                env=environment(
                    DEBUG="1",
                    VAR_DIR=self.folder.name,
                    DATABASE_URL=address_of_database(),
                    REDIS_URL=settings.REDIS_URL,
                    EMAIL_URL=sink.url,
                    BASE_URL=url,
                    JOURNEY_CLOCK=str(hands.file),
                ),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_for(f"{self.word}:ready")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        """End the worker and leave nothing in Redis."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        for key in self.store.scan_iter(f"*{self.queue}*"):
            self.store.delete(key)
        self.folder.cleanup()

    @contextlib.contextmanager
    def wakes(self):
        """Have the web's wake-ups reach the worker meanwhile."""
        before = app.conf.broker_url, app.conf.task_default_queue
        connect(settings.REDIS_URL, self.queue)
        try:
            yield
        finally:
            connect(*before)

    def run(self, *names):
        """Have the worker do these tasks, as beat does: at once, in any order."""
        keys = {str(uuid.uuid4()): name for name in names}
        for key, name in keys.items():
            app.send_task(name, task_id=key)
        for key in keys:
            self._wait_for(f"{self.word}:{key}")

    def deliver(self):
        """Wait until the worker has delivered all; return their kinds.

        The web wakes it; a wake-up that went astray is made good as by beat, after ten seconds.
        """
        try:
            wait_until(none_waits, seconds=10)
        except AssertionError:
            app.send_task("outbox.drain")
            wait_until(none_waits, seconds=PATIENCE, what="the delivery of every mail")
        return scenes.kinds_of_mail()

    def _wait_for(self, key):
        assert self.store.blpop([key], timeout=PATIENCE), self.log.read_text()


def connect(broker, queue):
    """Point the Celery app of this process at a broker and a queue, whatever it used before."""
    app.conf.broker_url, app.conf.task_default_queue = broker, queue
    app._pool = None
    app.__dict__.pop("amqp", None)


def address_of_database():
    """Return the address of this run's test database."""
    stands = connection.settings_dict
    host, port = stands["HOST"] or "127.0.0.1", stands["PORT"] or 5432
    password = f":{stands['PASSWORD']}" if stands["PASSWORD"] else ""
    return f"postgres://{stands['USER']}{password}@{host}:{port}/{stands['NAME']}"
