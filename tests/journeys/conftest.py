"""Fixtures of the tests in a real browser."""

from tests.browser import browser_type_launch_args, sign_in
from tests.journeys.running import portal, servers

__all__ = ["browser_type_launch_args", "portal", "servers", "sign_in"]
