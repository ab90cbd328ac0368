"""Delivery to a real SMTP server, by workers that are killed and workers side by side."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from aiosmtpd.controller import Controller
from django.db import connection

from credits_portal.outbox import delivery
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.services import queue


class Sink:
    """A mail server's mind: what it refuses, how slow it is, and what it took."""

    def __init__(self):
        self.taken = []
        self.refusals = {}
        self.seconds = 0.0

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        content = envelope.content.decode()
        [message_id] = [
            line for line in content.splitlines() if line.lower().startswith("message-id:")
        ]
        self.taken.append((envelope.rcpt_tos[0], message_id))
        await asyncio.sleep(self.seconds)
        return "250 OK"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def sink():
    """Run a mail server on a free port."""
    mind = Sink()
    mind.port = free_port()
    controller = Controller(mind, hostname="127.0.0.1", port=mind.port)
    controller.start()
    yield mind
    controller.stop()


@pytest.fixture
def smtp(sink, settings):
    """Let this process deliver to the sink."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = sink.port
    settings.EMAIL_TIMEOUT = 1
    return sink


def note(address="ana@example.com"):
    return queue(name="tests.note", recipient=address, key="note:1", params={"text": "hello"})


def state_of(mail):
    mail.refresh_from_db()
    return mail.state, mail.error


@pytest.mark.django_db
def test_several_mails_go_over_one_connection(smtp):
    for number in range(3):
        note(f"p{number}@example.com")

    assert delivery.drain() == 3
    assert [to for to, _id in smtp.taken] == ["p0@example.com", "p1@example.com", "p2@example.com"]


@pytest.mark.django_db
def test_a_refused_mailbox_fails_with_the_servers_words(smtp):
    smtp.refusals["ana@example.com"] = "550 no such mailbox"
    mail = note()
    delivery.drain()

    assert state_of(mail) == ("failed", "550 no such mailbox")


@pytest.mark.django_db
def test_a_busy_mailbox_is_tried_again(smtp):
    smtp.refusals["ana@example.com"] = "451 try later"
    mail = note()
    delivery.drain()

    assert state_of(mail) == ("queued", "451 try later")


@pytest.mark.django_db
def test_after_a_refusal_the_connection_serves_the_next_mail(smtp):
    smtp.refusals["ana@example.com"] = "550 no such mailbox"
    note()
    note("ben@example.com")
    delivery.drain()

    assert [to for to, _id in smtp.taken] == ["ben@example.com"]


@pytest.mark.django_db
def test_a_server_that_hangs_is_tried_again(smtp):
    smtp.seconds = 1.5
    mail = note()
    delivery.drain()

    assert state_of(mail)[0] == "queued"


@pytest.mark.django_db
def test_a_server_that_is_away_is_tried_again(smtp, settings):
    settings.EMAIL_PORT = 1
    mail = note()
    delivery.drain()

    assert state_of(mail)[0] == "queued"


class Workers:
    """Processes of tests/outbox/drainer.py on one database."""

    def __init__(self, database_url, sink):
        self.environment = os.environ | {
            "DEBUG": "1",
            "DATABASE_URL": database_url,
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        }

    def start(self, *command):
        arguments = [sys.executable, "-m", "tests.outbox.drainer", *command]
        return subprocess.Popen(arguments, env=self.environment, stdout=subprocess.PIPE, text=True)

    def run(self, *command):
        process = self.start(*command)
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        return output

    def states(self):
        return json.loads(self.run("states"))


@pytest.fixture
def workers(sink, transactional_db, tmp_path):
    """Workers on the test's PostgreSQL database, or on an SQLite file of their own."""
    if connection.vendor == "postgresql":
        given = connection.settings_dict
        url = (
            f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}"
            f"/{given['NAME']}"
        )
        return Workers(url, sink)
    workers = Workers(f"sqlite:///{tmp_path / 'outbox.sqlite3'}", sink)
    workers.run("prepare")
    return workers


def test_a_killed_workers_mails_all_arrive_and_a_double_keeps_its_message_id(workers, sink):
    workers.run("queue", "12")
    sink.seconds = 0.1
    victim = workers.start("drain")
    while len(sink.taken) < 5:
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    sink.seconds = 0
    time.sleep(2.1)
    workers.run("drain")

    assert workers.states() == ["sent"] * 12
    assert len(sink.taken) <= 13
    assert len(set(sink.taken)) == 12


def test_workers_side_by_side_send_each_mail_once(workers, sink):
    workers.run("queue", "30")
    side_by_side = [workers.start("drain") for _ in range(3)]
    for worker in side_by_side:
        worker.communicate(timeout=60)

    assert len(sink.taken) == len(set(sink.taken)) == 30
    assert workers.states() == ["sent"] * 30


@pytest.mark.django_db
def test_a_worker_without_mail_asks_the_database_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        delivery.drain()

    assert not OutboundMail.objects.exists()
