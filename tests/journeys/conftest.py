"""Fixtures of the tests in a real browser."""

import contextlib
from datetime import UTC, datetime
from unittest import mock

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from credits_portal.lib import clock
from tests.browser import browser_type_launch_args, sign_in
from tests.journeys.running import portal, servers
from tests.journeys.steps.office import Hands, OwnThread, Worker
from tests.journeys.steps.post import Post
from tests.journeys.steps.processes import Processes, ProcessStage
from tests.journeys.steps.stage import Stage
from tests.smtp_sink import SmtpSink

__all__ = ["browser_type_launch_args", "portal", "servers", "sign_in"]

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def office(django_db_setup, django_db_blocker, live_server, tmp_path_factory):
    """Yield who does the tasks: a Celery worker on servers, else the test's own thread."""
    hands = Hands(tmp_path_factory.mktemp("journeys") / "time", NOON)
    with SmtpSink() as sink, django_db_blocker.unblock():
        if connection.vendor == "postgresql" and settings.REDIS_URL:
            worker = Worker(hands, sink, live_server.url)
            with django_db_blocker.block():
                yield worker
            worker.stop()
        else:
            with django_db_blocker.block():
                yield OwnThread(hands, sink)


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def script(request):
    """Have browsers run scripts, and then not."""
    return request.param


@pytest.fixture
def stage(live_server, browser, office, script):
    """Yield the portal in this process, at noon UTC of 10 March 2026; the journey moves the time.

    At the end nothing may be left in the post.
    """
    with in_this_process(live_server.url, browser, office, script) as set_up:
        yield set_up


@contextlib.contextmanager
def in_this_process(url, browser, office, script):
    """Set the stage on the tests' own server."""
    office.hands.moment = NOON
    host, port = office.sink.address
    set_as = {
        "DEBUG": True,  # as `make run` has it: with the simulated card
        "BASE_URL": url,
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port,
    }
    time = mock.patch.object(clock, "now", office.hands.now)
    with time, override_settings(**set_as), office.wakes():
        with contextlib.closing(Stage(url, browser, Post(office), script)) as set_up:
            yield set_up
        set_up.post.brings()


@pytest.fixture(scope="session")
def processes(django_db_setup, tmp_path_factory):
    """Yield a portal of its own web, worker and beat processes, on servers."""
    with SmtpSink() as sink:
        running = Processes(tmp_path_factory.mktemp("processes"), sink)
        yield running
        running.stop()


@pytest.fixture(
    params=["script", "no script", pytest.param("processes", marks=pytest.mark.servers)]
)
def anywhere(request, live_server, browser, office):
    """Yield each set-up in turn, for the journeys that all of them are to pass."""
    if request.param == "processes":
        running = request.getfixturevalue("processes")
        running.empty()
        url = running.variables["BASE_URL"]
        with contextlib.closing(ProcessStage(url, browser, Post(running), True)) as set_up:
            yield set_up
        set_up.post.brings()
    else:
        script = request.param == "script"
        with in_this_process(live_server.url, browser, office, script) as set_up:
            yield set_up
