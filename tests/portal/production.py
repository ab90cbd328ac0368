"""A production-like environment, for processes that tests start."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "kT7-wVq2_only-for-the-tests_zR9mXc4LbN8sJdHfGyPaQeUo1i3",
    "PASSKEY_KEYS": "dGhlLXRlc3RzLXByb2R1Y3Rpb24ta2V5LTAwMDAwMDA=",
    "ALLOWED_HOSTS": "credits.example.com",
    "BASE_URL": "https://credits.example.com",
    "TRUSTED_PROXY_HOPS": "1",
    "EMAIL_URL": "dummymail://",
    "DEFAULT_FROM_EMAIL": "Training credits <credits@example.com>",
    "SUPPORT_EMAIL": "help@example.com",
}

# For `manage.py shell`: what somebody who asks for a sign-in without an account is mailed.
QUEUE_A_MAIL = (
    "from credits_portal.outbox.services import queue;"
    'queue(name="accounts.unknown_account", recipient="new@example.com", key="compose")'
)


def environment(**variables):
    """Return this process's environment without its portal settings, and with the given ones."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", **variables}


def manage(*words, **variables):
    """Run a management command to its end; return what it said and its exit status."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path, **headers):
    """Return the status and text that the process on `port` answers."""
    headers.setdefault("Host", "credits.example.com")
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until(check, *, seconds=20, what="it"):
    """Return what `check` says as soon as that is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if said := check():
                return said
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {seconds} s")
