"""The first way through on the services of docker-compose.yml, as in production.

DEBUG is off: TLS by a proxy in front, secure cookies, mail by SMTP, two-step sign-in for staff.
"""

import pytest

from tests.browser import FLAGS
from tests.journeys import first_way
from tests.journeys.running import Portal, SinkLetters, windows
from tests.portal.composition import broker, composition, database, sink
from tests.portal.production import PRODUCTION
from tests.portal.tls import TlsProxy

__all__ = ["broker", "composition", "database", "sink"]
pytestmark = [pytest.mark.browser, pytest.mark.servers]

ORIGIN, HOST = PRODUCTION["BASE_URL"], PRODUCTION["ALLOWED_HOSTS"]


@pytest.fixture
def outside(browser_type, browser_type_launch_args, composition):
    """Start a browser that finds the portal where its mails say it is, behind a TLS proxy."""
    with TlsProxy(to=composition.port, host=HOST, folder=composition.folder) as proxy:
        found = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{proxy.port}"
        options = browser_type_launch_args | {"args": [*FLAGS, found]}
        browser = browser_type.launch(**options)
        yield browser
        browser.close()


def test_the_first_way_through_in_production(composition, outside, sink):
    first_way.walk(
        Portal(composition.variables("worker")),
        windows(outside, ORIGIN, ignore_https_errors=True),
        SinkLetters(sink),
        staff_enters=first_way.staff_sets_up_two_steps,
    )
