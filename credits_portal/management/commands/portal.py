"""`manage.py portal`: web, worker and beat together, until Ctrl-C or SIGTERM."""

import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.ledger import zone

PYTHON = [sys.executable, "-m"]
CELERY = [*PYTHON, "celery", "--app", "credits_portal", "--quiet"]
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_SECONDS = 30.0  # for requests and tasks under way; what is left then is killed
GLANCE_SECONDS = 0.2


@dataclass(frozen=True)
class Part:
    """One child of the portal, in the portal's own process group."""

    name: str
    process: subprocess.Popen[bytes]

    @classmethod
    def started(cls, name: str, command: list[str]) -> "Part":
        """Start `command`, whose words are all ours."""
        return cls(name, subprocess.Popen(command))  # noqa: S603

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def tell(self, number: signal.Signals) -> None:
        """Send a signal, if there is still somebody to get it."""
        if self.is_running:
            self.process.send_signal(number)


class Command(BaseCommand):
    """Runs the whole portal; when one part ends unasked, the others are stopped too."""

    help = "Run web, worker and beat together until Ctrl-C or SIGTERM."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT")

    def handle(self, *_args: Any, host: str, port: int, **_options: Any) -> None:
        zone.check_at_start()
        self.stop_asked = False
        for number in STOPPING:
            signal.signal(number, self.ask_to_stop)
        parts = [Part.started(name, words) for name, words in commands(host, port).items()]
        try:
            self.watch(parts)
        finally:
            stop(parts)

    def ask_to_stop(self, *_signal: object) -> None:
        """Note that a signal asked to stop."""
        self.stop_asked = True

    def watch(self, parts: list[Part]) -> None:
        """Return when a signal asked to stop; raise CommandError when a part ended by itself."""
        while not self.stop_asked:
            for part in parts:
                if not part.is_running and not self.stop_asked:
                    raise CommandError(f"{part.name} ended with {part.process.returncode}.")
            time.sleep(GLANCE_SECONDS)


def commands(host: str, port: int) -> dict[str, list[str]]:
    """Return what to run, by name."""
    # Threads share one SQLite file and need no Redis; with servers, processes use every core.
    pool = ["--pool", "prefork" if settings.REDIS_URL else "threads"]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    serving = ["--config", "python:credits_portal.serving", "--bind", f"{host}:{port}"]
    return {
        "web": [*PYTHON, "gunicorn", *serving],
        "worker": [*CELERY, "worker", *pool, "--concurrency", "4", *quiet],
        "beat": [*CELERY, "beat", "--pidfile", ""],
    }


def stop(parts: list[Part]) -> None:
    """Let every part finish what is under way; kill what is left after a while."""
    for part in parts:
        part.tell(signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(part.is_running for part in parts) and time.monotonic() < deadline:
        time.sleep(GLANCE_SECONDS / 4)
    for part in parts:
        part.tell(signal.SIGKILL)
        part.process.wait()
