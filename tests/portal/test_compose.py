"""The services of docker-compose.yml, each started by its own command as a process here.

No container engine is needed: the file's commands run with the file's environment, its addresses
pointed at the PostgreSQL and Redis of this machine, and go a first way through.
"""

import asyncio
import os
import re
import subprocess
import sys
import uuid
from email import message_from_bytes
from email.policy import default
from http.client import HTTPConnection

import psycopg
import pytest
import yaml
from aiosmtpd.controller import Controller

from .production import (
    PRODUCTION,
    QUEUE_A_MAIL,
    ROOT,
    environment,
    free_port,
    get,
    manage,
    wait_until,
)

pytestmark = pytest.mark.servers

PARTS = ["web", "worker", "beat"]
HTTPS = {"X-Forwarded-Proto": "https"}


class Letterbox:
    """Keeps what an SMTP server is given."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        """Take a mail."""
        await asyncio.sleep(0)
        mail = message_from_bytes(envelope.content, policy=default)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 kept"

    def to(self, address):
        """Return the mails to `address`."""
        return [mail for recipients, mail in self.mails if address in recipients]


class Composition:
    """The services of the file, as processes on this machine."""

    def __init__(self, *, database, redis, smtp_port, folder):
        self.services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        self.port = free_port()
        self.folder = folder
        self.running = {}
        self.here = {
            **PRODUCTION,
            "PORT": str(self.port),
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
            "VAR_DIR": str(folder),
        }

    def environment(self, name):
        """Return the file's environment of a service, its addresses pointed at this machine."""
        theirs = self.services[name]["environment"]
        return environment(**theirs | self.here)

    def command(self, name):
        """Return the file's command of a service, with this environment's programs."""
        program, *words = self.services[name]["command"]
        if program == "python":
            return [sys.executable, *words]
        return [sys.executable, "-m", program, *words]

    def run(self, name):
        """Run a service to its end."""
        subprocess.run(
            self.command(name), cwd=ROOT, env=self.environment(name), check=True, timeout=120
        )

    def start(self, name):
        """Start a service."""
        log = (self.folder / f"{name}.log").open("wb")
        self.running[name] = subprocess.Popen(
            self.command(name), cwd=ROOT, env=self.environment(name), stdout=log, stderr=log
        )

    def stop(self):
        """Stop every service as a container engine does; return their exit statuses."""
        for process in self.running.values():
            process.terminate()
        return {name: process.wait(timeout=40) for name, process in self.running.items()}

    def get(self, path, **headers):
        """Return what the web answers to the proxy."""
        return get(self.port, path, **HTTPS, **headers)


@pytest.fixture(scope="module")
def letterbox():
    box = Letterbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    box.port = server.port
    yield box
    server.stop()


@pytest.fixture(scope="module")
def database():
    """Make an empty database beside the test's own; return its address."""
    address = os.environ["DATABASE_URL"]
    server, name = address.rpartition("/")[0], f"compose_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maker:
        maker.execute(f'CREATE DATABASE "{name}"')
    yield f"{server}/{name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maker:
        maker.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def composition(database, letterbox, tmp_path_factory):
    """Migrate, collect what the image collects, and start web, worker and beat."""
    composed = Composition(
        database=database,
        redis=os.environ["REDIS_URL"].rpartition("/")[0] + "/13",
        smtp_port=letterbox.port,
        folder=tmp_path_factory.mktemp("compose"),
    )
    composed.run("migrate")
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=composed.environment("web"), check=True)
    for name in PARTS:
        composed.start(name)
    wait_until(lambda: composed.get("/healthz")[0] == 200, what="the web's first answer")
    yield composed
    composed.stop()


def test_every_service_of_the_design_is_there(composition):
    assert set(composition.services) == {*PARTS, "migrate", "postgres", "redis"}


def test_the_web_is_ready(composition):
    status, text = composition.get("/readyz")
    assert (status, '"ready": true' in text) == (200, True)


def test_a_page_comes_with_the_policies_of_production(composition):
    status, text = composition.get("/")
    assert status == 200
    assert "<h1" in text


def test_a_static_file_of_the_page_is_there(composition):
    _status, text = composition.get("/")
    address = re.search(r'href="(/static/[^"]+\.css)"', text).group(1)
    assert composition.get(address)[0] == 200


def test_plain_http_is_sent_to_https(composition):
    connection = HTTPConnection("127.0.0.1", composition.port, timeout=10)
    connection.request("GET", "/", headers={"Host": "credits.example.com"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, "https://credits.example.com/")
    connection.close()


def test_a_mail_that_is_queued_is_delivered_by_the_worker(composition, letterbox):
    done = manage("shell", "--command", QUEUE_A_MAIL, **composition.environment("worker"))
    assert done.returncode == 0
    wait_until(lambda: letterbox.to("new@example.com"), seconds=30, what="the mail")
    assert len(letterbox.to("new@example.com")) == 1


def test_every_service_still_runs(composition):
    assert {name: process.poll() for name, process in composition.running.items()} == dict.fromkeys(
        PARTS
    )


def test_every_service_stops_cleanly(composition):
    assert composition.stop() == dict.fromkeys(PARTS, 0)
