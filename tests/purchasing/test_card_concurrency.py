"""Two tabs, two workers, two events at once: one page, one payment, one lot."""

import pytest

from accounts.ledger import CreditLot
from credits_portal.lib import clock
from purchasing.models import CardSession, Payment, ProviderEvent
from purchasing.services import events
from purchasing.services.cards import open_card_page
from tests.factories.purchasing import OrderFactory, ensure_prices
from tests.purchasing.test_concurrency import PROCESSES, all_at_once

pytestmark = [pytest.mark.servers, pytest.mark.usefixtures("prices")]


@pytest.fixture
def prices(transactional_db):
    ensure_prices()


@pytest.fixture
def order(prices, stripe):
    return OrderFactory(method="card")


def store(event, number=""):
    return events.store_event(
        external_id=event["id"] + str(number),
        kind=event["type"],
        object_id=event["data"]["object"]["id"],
        raw=event,
    )


def test_tabs_that_pay_at_once_are_led_to_one_page(order, stripe):
    pages = all_at_once(lambda _number: open_card_page(order=order, seen=order.total))
    assert pages == [CardSession.objects.get().url] * PROCESSES
    assert len(stripe.find("cs_test")) == 1


def test_workers_that_apply_at_once_grant_once(order, stripe):
    open_card_page(order=order, seen=order.total)
    stripe.pay(order.card_sessions.get().external_id)
    (told,) = stripe.events_of("checkout.session.completed")
    for number in range(PROCESSES):
        store(told, number)
    all_at_once(lambda _number: events.apply_events())
    # One that waited too long for the order's lock is applied in a later round.
    ProviderEvent.objects.filter(applied_at=None).update(next_try_at=clock.now())
    events.apply_events()
    assert (Payment.objects.count(), CreditLot.objects.count()) == (1, 1)
    assert not ProviderEvent.objects.filter(applied_at=None).exists()


def test_an_event_that_comes_at_once_is_kept_once(order, stripe):
    open_card_page(order=order, seen=order.total)
    stripe.pay(order.card_sessions.get().external_id)
    (told,) = stripe.events_of("checkout.session.completed")
    kept = all_at_once(lambda _number: store(told).pk)
    assert kept == [str(ProviderEvent.objects.get().pk)] * PROCESSES
