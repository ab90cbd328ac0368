"""Fixtures of the tests of purchasing."""

from tests.fake_stripe.fixtures import stripe

__all__ = ["stripe"]
