"""The services of docker-compose.yml run as they do in production.

The first way through on them is in tests/journeys/test_first_way_in_production.py.
"""

import re
from http.client import HTTPConnection

import pytest

from .composition import PARTS, broker, composition, database, sink
from .production import PRODUCTION, QUEUE_A_MAIL, manage

__all__ = ["broker", "composition", "database", "sink"]
pytestmark = pytest.mark.servers

ORIGIN, HOST = PRODUCTION["BASE_URL"], PRODUCTION["ALLOWED_HOSTS"]


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
    connection.request("GET", "/", headers={"Host": HOST})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"{ORIGIN}/")
    connection.close()


def test_a_mail_that_is_queued_is_delivered_by_the_worker(composition, sink):
    done = manage("shell", "--command", QUEUE_A_MAIL, **composition.variables("worker"))
    assert done.returncode == 0
    sink.wait_for("new@example.com", "", timeout=30)
    assert len(sink.mails_to("new@example.com")) == 1


def test_every_service_still_runs(composition):
    assert {name: process.poll() for name, process in composition.running.items()} == dict.fromkeys(
        PARTS
    )


def test_every_service_stops_cleanly(composition):
    assert composition.stop() == dict.fromkeys(PARTS, 0)
