"""The first way through on the portal as its users start it, mails read in its mailbox page."""

import pytest

from tests.journeys import first_way
from tests.journeys.running import Mailbox, windows

pytestmark = pytest.mark.browser


def test_the_first_way_through(portal, browser):
    first_way.walk(portal, windows(browser, portal.url), Mailbox(portal, browser))
