"""From `manage.py portal` to its first answer, embedded as `make run` starts it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from bench import report

ROOT = Path(__file__).resolve().parent.parent


def to_the_first_answer(*, quick: bool) -> None:
    """Start the portal some times on a migrated database."""
    with tempfile.TemporaryDirectory() as folder:
        variables = _embedded(folder)
        _run(variables, "migrate", "--verbosity", "0").wait()
        seconds = median(_start_once(variables) for _time in range(3 if quick else 7))
    report.note("start of the portal to its first page", f"{seconds:.1f} s", "<= 5 s",
                met=seconds <= 5)  # fmt: skip


def _embedded(folder: str) -> dict[str, str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "DEBUG": "1", "VAR_DIR": folder, "PORT": str(port)}


def _run(variables: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    quiet = subprocess.DEVNULL
    command = [sys.executable, "manage.py", *words]
    return subprocess.Popen(command, cwd=ROOT, env=variables, stdout=quiet, stderr=quiet)


def _start_once(variables: dict[str, str]) -> float:
    began = time.perf_counter()
    portal = _run(variables, "portal")
    try:
        while not _answers(variables["PORT"]):
            time.sleep(0.02)
        return time.perf_counter() - began
    finally:
        portal.send_signal(signal.SIGTERM)
        portal.wait()


def _answers(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
