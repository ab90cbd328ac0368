"""Pages over HTTP as gunicorn serves them, 8 clients, against a page that does little."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

from bench import database, report, years

ROOT = Path(__file__).resolve().parent.parent
ENTRIES = 10_000
CLIENTS = 8
SECONDS = 2.0
# A session of the account's owner, made with the server's own secrets.
SIGN_IN = """
import django; django.setup()
from django.conf import settings
from django.test import Client
from accounts.models import User
client = Client()
user = User.objects.get(email="bench@example.com")
client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
name = settings.SESSION_COOKIE_NAME
print(f"{name}={client.cookies[name].value}")
"""


class Served:
    """One page of a running server, as signed-in clients open it."""

    def __init__(self, port: int, cookie: str, path: str) -> None:
        self.port, self.path = port, path
        self.headers = {"Host": "bench.example", "X-Forwarded-Proto": "https", "Cookie": cookie}

    def open_for(self, seconds: float) -> list[float]:
        """Open it by all clients at once; return how long each answer took."""
        taken: list[float] = []
        clients = [
            threading.Thread(target=self._open, args=(time.perf_counter() + seconds, taken))
            for _client in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        return taken

    def _open(self, until: float, taken: list[float]) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while (began := time.perf_counter()) < until:
            line.request("GET", self.path, headers=self.headers)
            answer = line.getresponse()
            answer.read()
            if answer.status != http.HTTPStatus.OK:
                raise SystemExit(f"{self.path} answers {answer.status}")
            taken.append(time.perf_counter() - began)
        line.close()


def against_the_floor(*, quick: bool) -> None:
    """Open the dashboard of an account with 10,000 entries, and the floor, in turn."""
    account, *_others = years.live_through([ENTRIES] * 10, places_every=[1] * 10)
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, check=True, cwd=ROOT, env=production())
    path = account.get_absolute_url()
    with served("bench.floor_page", "/") as floor, served("credits_portal.settings", path) as ours:
        for page in (floor, ours):
            page.open_for(SECONDS)
        least, mine, slow = [], [], []
        for _slice in range(4 if quick else 15):
            least.append(len(floor.open_for(SECONDS)) / SECONDS)
            taken = ours.open_for(SECONDS)
            mine.append(len(taken) / SECONDS)
            slow.append(quantiles(taken, n=20)[-1] * 1000)
    report.tell("dashboard of 10,000 entries, 8 clients", mine, least, 0.7, "/s")
    worst = max(slow)
    report.note("its p95, 8 clients", f"{worst:.0f} ms", "<= 200 ms", met=worst <= 200)


@contextmanager
def served(settings: str, path: str) -> Iterator[Served]:
    """Serve the benchmark's database with these settings by gunicorn, 2 x 4 threads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = production() | {"DJANGO_SETTINGS_MODULE": settings}
    shared = {"cwd": ROOT, "env": environment}
    cookie = subprocess.run(
        [sys.executable, "-c", SIGN_IN], check=True, stdout=subprocess.PIPE, text=True, **shared
    ).stdout.strip()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:credits_portal.serving",
         "--workers", "2", "--threads", "4", "--bind", f"127.0.0.1:{port}"], **shared
    )  # fmt: skip
    try:
        wait_for(port)
        yield Served(port, cookie, path)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    for _try in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server does not start")


def production() -> dict[str, str]:
    """Return the environment of a portal as in production, on the benchmark's database."""
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DEBUG": "0",
        "SECRET_KEY": "bench-" + "0123456789abcdef" * 4,
        "PASSKEY_KEYS": "YmVuY2gtcGFzc2tleS1rZXktMDEyMzQ1Njc4OWFiY2Q=",
        "ALLOWED_HOSTS": "bench.example",
        "BASE_URL": "https://bench.example",
        "DATABASE_URL": database.dsn(),
        "EMAIL_URL": "dummymail://",
        "DEFAULT_FROM_EMAIL": "bench@bench.example",
        "SUPPORT_EMAIL": "bench@bench.example",
        "TRUSTED_PROXY_HOPS": "1",
        "VAR_DIR": "/tmp/portal-bench",
    }
