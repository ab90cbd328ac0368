"""`manage.py portal` as a process: embedded, with a database and a queue of its own."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from credits_portal.management.commands.portal import commands

from .production import QUEUE_A_MAIL, ROOT, environment, free_port, get, manage, wait_until

SECONDS_TO_FIRST_ANSWER = 5  # an aim of docs/benchmarks.md, on a machine with nothing else to do


class Portal:
    """A running portal."""

    def __init__(self, folder, database):
        self.port = free_port()
        self.folder = folder
        self.variables = {"DEBUG": "1", "VAR_DIR": str(folder), "PORT": str(self.port)}
        shutil.copy(database, folder / "portal.sqlite3")
        self.log = folder / "portal.log"
        self.started = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "portal"],
                cwd=ROOT,
                env=environment(**self.variables),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def answers(self):
        """Tell whether the web answers."""
        return get(self.port, "/healthz", Host="localhost")[0] == 200

    def members(self):
        """Return the ids of the living processes of the portal's group, by what they run."""
        found = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
                words = (status.parent / "cmdline").read_text().split("\0")
            except OSError:
                continue
            if fields[0] != "Z" and int(fields[2]) == self.process.pid:
                found.setdefault(part_of(words), []).append(int(status.parent.name))
        return found

    def is_gone(self):
        """Tell whether no process of the group is left."""
        return not self.members()

    def end(self):
        """Kill what a failed test left."""
        if not self.is_gone():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def part_of(words):
    """Return which part of the portal runs this command."""
    return next((name for name in ("gunicorn", "worker", "beat") if name in words), "portal")


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """Return the path of an empty database of today's shape."""
    folder = tmp_path_factory.mktemp("migrated")
    assert manage("migrate", "--verbosity", "0", DEBUG="1", VAR_DIR=str(folder)).returncode == 0
    return folder / "portal.sqlite3"


@pytest.fixture
def portal(tmp_path, migrated):
    started = Portal(tmp_path, migrated)
    yield started
    started.end()


@pytest.fixture
def running(portal):
    wait_until(portal.answers, what="a first answer")
    wait_until(lambda: len(portal.members()) == 4, what="the start of every part")
    # Celery takes a moment from its start to minding signals.
    wait_until(
        lambda: list((portal.folder / "celery" / "queue").iterdir()) == [], what="an empty queue"
    )
    return portal


def test_the_first_answer_comes_within_seconds(portal):
    wait_until(portal.answers, what="a first answer")
    seconds = time.monotonic() - portal.started
    assert seconds < SECONDS_TO_FIRST_ANSWER * max(1, os.getloadavg()[0] / os.cpu_count())


def test_web_worker_and_beat_are_one_process_group(running):
    assert sorted(running.members()) == ["beat", "gunicorn", "portal", "worker"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_cleanly(running, number):
    running.process.send_signal(number)
    assert running.process.wait(timeout=20) == 0
    assert running.is_gone()


def test_the_terminals_ctrl_c_reaches_the_whole_group_and_stops_it_cleanly(running):
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.process.wait(timeout=20) == 0
    assert running.is_gone()


@pytest.mark.parametrize("part", ["gunicorn", "worker", "beat"])
def test_when_one_part_dies_the_others_are_stopped(running, part):
    os.kill(min(running.members()[part]), signal.SIGKILL)
    assert running.process.wait(timeout=40) == 1
    wait_until(running.is_gone, what="the end of the group")


def test_a_queued_mail_is_delivered_by_the_embedded_worker(running):
    manage("shell", "--command", QUEUE_A_MAIL, **running.variables)
    wait_until(lambda: state_of_the_mail(running.folder) == "sent", seconds=30, what="the mail")


def state_of_the_mail(folder):
    """Return how far the mail has come."""
    with sqlite3.connect(folder / "portal.sqlite3", timeout=20) as database:
        return database.execute("SELECT state FROM outbox_outboundmail").fetchone()[0]


def test_a_request_under_way_is_finished(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as visitor:
        visitor.sendall(
            b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nlog"
        )
        time.sleep(1)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        visitor.sendall(b"in=a")
        answer = visitor.recv(100)
    assert answer.startswith(b"HTTP/1.1 403")  # it carried no CSRF token
    assert running.process.wait(timeout=20) == 0


def test_with_redis_the_worker_uses_processes(settings):
    settings.REDIS_URL = "redis://127.0.0.1:6379/15"
    words = commands("127.0.0.1", 8000)["worker"]
    assert words[words.index("--pool") + 1] == "prefork"
