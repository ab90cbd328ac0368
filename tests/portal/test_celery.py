import socket
import subprocess
import sys
import threading

import pytest

from credits_portal.celery import BEAT, app

from .production import ROOT, environment

PUBLISH = """
import time
import django
django.setup()
from credits_portal.outbox.tasks import drain
started = time.monotonic()
try:
    drain.delay()
except Exception as error:
    print(type(error).__name__)
print(time.monotonic() - started)
"""


@pytest.fixture
def silent_server():
    """Listen on a port, accept everybody and never say a word; return the port."""
    held = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)
        server.settimeout(0.1)
        over = threading.Event()

        def accept():
            while not over.is_set():
                try:
                    held.append(server.accept()[0])
                except TimeoutError:
                    continue

        listener = threading.Thread(target=accept)
        listener.start()
        yield server.getsockname()[1]
        over.set()
        listener.join()
    for connection in held:
        connection.close()


def publish(port, folder):
    """Wake a worker over the Redis on `port`, from a process of its own; return what it said."""
    variables = environment(
        DEBUG="1",
        DJANGO_SETTINGS_MODULE="credits_portal.settings",
        REDIS_URL=f"redis://127.0.0.1:{port}/0",
        VAR_DIR=str(folder),
    )
    command = [sys.executable, "-c", PUBLISH]
    done = subprocess.run(
        command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=True
    )
    said, seconds = done.stdout.split()
    return said, float(seconds)


def test_a_broker_that_hangs_delays_a_page_by_less_than_two_seconds(silent_server, tmp_path):
    said, seconds = publish(silent_server, tmp_path)
    assert said == "OperationalError"
    assert seconds < 2


def test_a_broker_that_is_down_delays_a_page_by_less_than_two_seconds(tmp_path):
    said, seconds = publish(1, tmp_path)
    assert said == "OperationalError"
    assert seconds < 2


def test_every_repeated_task_exists():
    app.loader.import_default_modules()
    assert set(BEAT) - set(app.tasks) == set()


def test_every_wake_up_expires_by_the_time_of_its_successor():
    assert {
        name: entry["options"]["expires"] <= BEAT[name]
        for name, entry in app.conf.beat_schedule.items()
        if isinstance(BEAT[name], float)
    } == {name: True for name, when in BEAT.items() if isinstance(when, float)}


def test_a_task_is_acknowledged_after_it_is_done_and_given_back_when_its_worker_dies():
    assert (app.conf.task_acks_late, app.conf.task_reject_on_worker_lost) == (True, True)


def test_nights_are_the_programmes(settings):
    assert app.conf.timezone == settings.PORTAL_TIME_ZONE
