"""A card payment in a real browser: to the provider's page, back, and confirmed."""

import pytest
from playwright.sync_api import expect

from purchasing.models import ProviderEvent
from purchasing.services.events import apply_events
from tests.browser import Traffic, overflow, session, violations
from tests.factories.purchasing import OrderFactory
from tests.fake_stripe.fixtures import stripe
from tests.portal.production import wait_until

__all__ = ["stripe"]

pytestmark = pytest.mark.browser


@pytest.fixture
def order(live_server, stripe, settings):
    settings.BASE_URL = live_server.url
    stripe.webhook_url = f"{live_server.url}/hooks/stripe/"
    return OrderFactory(method="card")


@pytest.fixture
def window(order, browser, live_server, script):
    """Open the owner's window on the order, with and without script."""
    context = browser.new_context(base_url=live_server.url, java_script_enabled=script)
    context.set_default_timeout(10_000)
    context.add_cookies([session(live_server.url, order.account.owner)])
    window = context.new_page()
    window.goto(order.get_absolute_url())
    yield window
    context.close()


def heading(window, text):
    expect(window.get_by_role("heading", level=1)).to_have_text(text)


def to_the_card_page(window):
    window.get_by_role("link", name="Pay $18,000.00 by card").click()
    heading(window, "Pay by card")
    window.get_by_role("button", name="Pay $18,000.00", exact=True).click()
    heading(window, "Pay 18000.0 usd")


def told(kind):
    """Wait until an event of this type is kept."""
    wait_until(lambda: ProviderEvent.objects.filter(kind=kind).exists(), what=kind)


def test_a_declined_card_then_a_good_one_pays_the_order(window, order):
    complaints = Traffic(window).complaints
    to_the_card_page(window)
    window.get_by_role("button", name="Pay with a card that is declined").click()
    expect(window.get_by_text("Your card was declined.")).to_be_visible()
    window.get_by_role("button", name="Pay", exact=True).click()
    heading(window, "Confirming payment")
    told("checkout.session.completed")
    apply_events()
    expect(window.get_by_text("Payment received.")).to_be_visible()
    expect(window.get_by_text("18,000 credits are in the account")).to_be_visible()
    assert complaints == []


def test_who_walks_away_finds_the_order_waiting(window, order):
    to_the_card_page(window)
    window.get_by_role("link", name="Back to the seller").click()
    expect(window.get_by_text("You left the card page.")).to_be_visible()
    window.get_by_role("button", name="Pay by bank transfer instead").click()
    expect(window.get_by_text("The order is to be paid by bank transfer.")).to_be_visible()


@pytest.mark.parametrize("script", [True], ids=["script"])
@pytest.mark.parametrize("path", ["card", "card/return"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_card_pages_are_good_on_a_phone(window, order, path, colours):
    to_the_card_page(window)
    window.set_viewport_size({"width": 360, "height": 740})
    window.emulate_media(color_scheme=colours)
    window.goto(f"{order.get_absolute_url()}{path}/")
    assert (violations(window), overflow(window)) == ([], [])
