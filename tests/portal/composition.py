"""The services of docker-compose.yml, each started by its own command as a process here.

No container engine is needed: the file's commands run with the file's environment, its addresses
pointed at the PostgreSQL and Redis of this machine and at a mail server of the tests' own.
"""

import os
import subprocess
import sys
import uuid

import psycopg
import pytest
import redis
import yaml

from tests.portal.production import (
    PRODUCTION,
    ROOT,
    environment,
    free_port,
    get,
    manage,
    wait_until,
)
from tests.smtp_sink import SmtpSink

PARTS = ["web", "worker", "beat"]
HTTPS = {"X-Forwarded-Proto": "https"}


class Composition:
    """The services of the file, as processes on this machine."""

    def __init__(self, *, database, redis, mail, folder):
        self.services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        self.port = free_port()
        self.folder = folder
        self.running = {}
        self.here = {
            **PRODUCTION,
            "PORT": str(self.port),
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "EMAIL_URL": mail,
            "VAR_DIR": str(folder),
            "SELLER_DETAILS": "Northern Training Ltd, 1 Harbour Street",
            "BANK_DETAILS": "Harbour Bank, account 1234 5678",
        }

    def variables(self, name):
        """Return the file's variables of a service, its addresses pointed at this machine."""
        return self.services[name]["environment"] | self.here

    def command(self, name):
        """Return the file's command of a service, with this environment's programs."""
        program, *words = self.services[name]["command"]
        if program == "python":
            return [sys.executable, *words]
        return [sys.executable, "-m", program, *words]

    def run(self, name, command=None):
        """Run a service, or another command in its place, to its end."""
        command = command or self.command(name)
        variables = environment(**self.variables(name))
        subprocess.run(command, cwd=ROOT, env=variables, check=True, timeout=120)

    def start(self, name, *, called="", command=None, **variables):
        """Start a service; another of its kind is `called` otherwise, with its own command."""
        called = called or name
        log = (self.folder / f"{called}.log").open("wb")
        self.running[called] = subprocess.Popen(
            command or self.command(name),
            cwd=ROOT,
            env=environment(**self.variables(name) | variables),
            stdout=log,
            stderr=log,
        )

    def python(self, code):
        """Run Python beside the services, on their database; return what it printed."""
        done = manage("shell", "--no-imports", "--command", code, **self.variables("worker"))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self):
        """Stop every service as a container engine does; return their exit statuses."""
        for process in self.running.values():
            process.terminate()
        return {name: process.wait(timeout=40) for name, process in self.running.items()}

    def get(self, path, **headers):
        """Return what the web answers to the proxy."""
        return get(self.port, path, **HTTPS, **headers)


@pytest.fixture(scope="module")
def sink():
    """Run a mail server."""
    with SmtpSink() as server:
        yield server


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
def broker():
    """Empty a Redis database of the services' own; return its address."""
    address = os.environ["REDIS_URL"].rpartition("/")[0] + "/13"
    redis.Redis.from_url(address).flushdb()
    return address


@pytest.fixture(scope="module")
def composition(database, broker, sink, tmp_path_factory):
    """Migrate, collect what the image collects, and start web, worker and beat."""
    folder = tmp_path_factory.mktemp("compose")
    composed = Composition(database=database, redis=broker, mail=sink.url, folder=folder)
    composed.run("migrate")
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    composed.run("web", collect)
    for name in PARTS:
        composed.start(name)
    wait_until(lambda: composed.get("/healthz")[0] == 200, what="the web's first answer")
    yield composed
    composed.stop()
