"""The fixture that points the portal at a fake Stripe of its own."""

import pytest

from .server import FakeStripe


@pytest.fixture
def stripe(settings):
    """Yield a fake Stripe whose keys and address are the portal's settings."""
    with FakeStripe() as fake:
        settings.STRIPE_SECRET_KEY = fake.secret_key
        settings.STRIPE_WEBHOOK_SECRET = fake.webhook_secret
        settings.STRIPE_API_BASE = fake.url
        yield fake
