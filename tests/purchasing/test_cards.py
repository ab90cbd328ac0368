"""Card pages: opened for the order's own price, one at a time, and closed with the order."""

from decimal import Decimal
from unittest.mock import Mock

import pytest
from django.db import OperationalError

from credits_portal.lib import clock
from purchasing import stripe_gateway
from purchasing.exceptions import (
    AmountChanged,
    GatewayRefused,
    GatewayUnavailable,
    OrderClosed,
    PaymentReused,
    PaymentUnderWay,
)
from purchasing.models import CardSession, Document, Order, Payment, PriceList, TaxRule
from purchasing.services import Billing, cancel_order, cards, correct_billing, renew_quote
from purchasing.services.cards import (
    close_card_pages,
    open_card_page,
    switch_method,
    take_session,
)
from tests.factories.purchasing import OrderFactory, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def order(stripe):
    return OrderFactory(method="card")


def open_page(order):
    """Open the page for all of the order; return the session as Stripe has it."""
    open_card_page(order=order, seen=order.total)
    return order.card_sessions.order_by("attempt").last().external_id


def take(session_id):
    return take_session(stripe_gateway.fetch_session(session_id))


# --- Opening -----------------------------------------------------------------------------------
def test_the_page_asks_for_the_orders_total(order, stripe):
    session = stripe.get("cs_test", open_page(order))
    assert (session["amount_total"], session["currency"]) == (1_800_000, "usd")


def test_the_address_is_stripes(order, stripe):
    page = open_card_page(order=order, seen=order.total)
    assert page == order.card_sessions.get().url == f"{stripe.url}/c/pay/{page.rpartition('/')[2]}"


def test_the_page_knows_its_order_and_its_buyer(order, stripe):
    session = stripe.get("cs_test", open_page(order))
    assert (session["client_reference_id"], session["customer_email"]) == (
        order.number,
        order.buyer.email,
    )


def test_only_cards_are_taken(order, stripe):
    assert stripe.get("cs_test", open_page(order))["payment_method_types"] == ["card"]


def test_a_new_price_list_leaves_the_orders_price(order, stripe, moving_clock):
    dearer = PriceList.objects.create(name="Dearer", starts_at=moving_clock.moment)
    dearer.tiers.create(minimum=1, unit_price=Decimal("2.00"))
    moving_clock.advance(minutes=1)
    assert stripe.get("cs_test", open_page(order))["amount_total"] == 1_800_000


def test_what_a_transfer_paid_is_not_asked_for_again(order, stripe):
    pay(order, "8000.00")
    open_card_page(order=order, seen=Decimal("10000.00"))
    session = stripe.get("cs_test", order.card_sessions.get().external_id)
    assert session["amount_total"] == 1_000_000


def test_two_tabs_share_one_page(order):
    first = open_card_page(order=order, seen=order.total)
    assert open_card_page(order=order, seen=order.total) == first


def test_the_key_names_order_and_attempt(order, stripe):
    open_page(order)
    headers = next(headers for method, _path, _given, headers in stripe.requests)
    assert headers["Idempotency-Key"] == f"card:{order.number}:{order.key}:1"


def test_a_page_whose_row_was_lost_is_found_again_by_its_key(order):
    first = open_card_page(order=order, seen=order.total)
    CardSession.objects.all().delete()
    assert open_card_page(order=order, seen=order.total) == first


def test_an_answer_that_was_lost_opens_no_second_page(order, stripe):
    stripe.trouble("lost")
    open_page(order)
    assert len(stripe.find("cs_test")) == 1


def test_an_amount_that_changed_meanwhile_is_shown_again(order):
    correct_billing(order=order, billing=Billing(country="US"), actor="job:test")
    with pytest.raises(AmountChanged):
        open_card_page(order=order, seen=order.total - 1)


def test_another_amount_closes_the_page_of_the_first(order, stripe):
    first = open_page(order)
    pay(order, "8000.00")
    open_card_page(order=order, seen=Decimal("10000.00"))
    assert stripe.get("cs_test", first)["status"] == "expired"


def test_another_amount_under_a_used_key_is_the_next_attempt(order):
    open_page(order)
    CardSession.objects.all().delete()
    pay(order, "8000.00")
    open_card_page(order=order, seen=Decimal("10000.00"))
    assert order.card_sessions.get().attempt == 2


def test_an_expired_page_is_followed_by_a_new_one(order, stripe):
    first = open_page(order)
    stripe.expire_session(first)
    assert open_page(order) != first


def test_no_second_page_is_opened_while_a_payment_is_under_way(order, stripe):
    stripe.pay(open_page(order))
    with pytest.raises(PaymentUnderWay):
        open_card_page(order=order, seen=order.total)


def test_no_page_is_opened_for_a_cancelled_order(order, stripe):
    cancel_order(order=order, actor="job:test")
    with pytest.raises(OrderClosed):
        open_card_page(order=order, seen=order.total)
    assert stripe.requests == []


def test_an_order_cancelled_while_its_page_is_opened_leaves_no_page(order, stripe, monkeypatch):
    create = stripe_gateway.create_session

    def slow(terms):
        cancel_order(order=order, actor="job:test")
        return create(terms)

    monkeypatch.setattr(stripe_gateway, "create_session", slow)
    with pytest.raises(OrderClosed):
        open_card_page(order=order, seen=order.total)
    assert [session["status"] for session in stripe.find("cs_test")] == ["expired"]


def test_stripe_away_opens_no_page(order, stripe):
    stripe.trouble("error", times=2)
    with pytest.raises(GatewayUnavailable):
        open_card_page(order=order, seen=order.total)
    assert not CardSession.objects.exists()


def test_a_wrong_key_says_try_again(order, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_of_nobody"
    with pytest.raises(GatewayUnavailable):
        open_card_page(order=order, seen=order.total)


def test_an_amount_that_stripe_does_not_take_is_refused(stripe):
    order = OrderFactory(method="card", credits=1, country="US")
    Order.objects.filter(pk=order.pk).update(net="0.01", total="0.01")
    with pytest.raises(GatewayRefused):
        open_card_page(order=order, seen=Decimal("0.01"))


# --- Taking ------------------------------------------------------------------------------------
def test_a_paid_page_grants_the_credits(order, stripe):
    session = open_page(order)
    stripe.pay(session)
    take(session)
    order.refresh_from_db()
    assert (order.status, order.lot.available) == ("paid", 18_000)


def test_the_payment_is_known_by_stripes_payment(order, stripe):
    session = open_page(order)
    intent = stripe.pay(session)
    payment = take(session)
    assert (payment.provider, payment.external_id, payment.amount, payment.currency) == (
        "stripe",
        intent,
        Decimal("18000.00"),
        "USD",
    )


def test_the_year_begins_on_the_day_of_the_charge(order, stripe, moving_clock):
    session = open_page(order)
    moving_clock.set(2026, 3, 11, 3)  # still the 10th in New York
    stripe.pay(session)
    moving_clock.advance(days=2)
    take(session)
    order.refresh_from_db()
    assert str(order.lot.purchased_on) == "2026-03-10"


def test_what_was_paid_is_booked_whatever_is_due(order, stripe):
    session = open_page(order)
    stripe.get("cs_test", session)["amount_total"] = 1_000_000
    stripe.pay(session)
    take(session)
    order.refresh_from_db()
    assert (order.is_payable, order.amount_received()) == (True, Decimal("10000.00"))


def test_money_of_another_currency_is_listed_and_grants_nothing(order, stripe):
    session = open_page(order)
    stripe.get("cs_test", session)["currency"] = "jpy"
    stripe.pay(session)
    take(session)
    assert list(Order.objects.with_foreign_money()) == [order]
    assert Payment.objects.get().amount == Decimal(1_800_000)


def test_an_open_page_brings_nothing(order):
    take(open_page(order))
    assert not Payment.objects.exists()


def test_money_that_is_on_its_way_grants_nothing(order, stripe):
    session = open_page(order)
    stripe.pay_later(session)
    take(session)
    assert not Payment.objects.exists()


def test_a_page_that_the_portal_did_not_open_is_left_alone(order, stripe, settings):
    session = open_page(order)
    stripe.pay(session)
    CardSession.objects.all().delete()
    settings.BASE_URL = "https://another.example.com"
    assert take(session) is None


def test_paying_after_the_order_was_cancelled_is_listed_and_grants_nothing(order, stripe):
    session = open_page(order)
    stripe.pay(session)
    cancel_order(order=order, actor="job:test")
    take(session)
    order.refresh_from_db()
    assert (order.lot, list(Order.objects.paid_after_end())) == (None, [order])


def test_a_page_that_has_ended_does_not_open_again(order, stripe):
    session = open_page(order)
    before = stripe_gateway.fetch_session(session)
    stripe.pay(session)
    take(session)
    take_session(before)
    assert order.card_sessions.get().status == "complete"


# --- Closing -----------------------------------------------------------------------------------
def test_the_page_of_a_cancelled_order_is_closed(order, stripe):
    session = open_page(order)
    cancel_order(order=order, actor="job:test")
    close_card_pages()
    assert stripe.get("cs_test", session)["status"] == "expired"


def test_the_page_of_an_order_that_costs_more_now_is_closed(order, stripe):
    session = open_page(order)
    TaxRule.objects.create(country="DE", rate=Decimal(19), note="VAT")
    correct_billing(order=order, billing=Billing(country="DE"), actor="job:test")
    close_card_pages()
    assert stripe.get("cs_test", session)["status"] == "expired"


def test_the_page_of_a_quote_that_is_issued_again_at_another_price_is_closed(stripe, moving_clock):
    quote = OrderFactory()
    session = open_page(quote)
    moving_clock.advance(days=1)
    prices = PriceList.objects.create(name="Next year", starts_at=clock.now())
    prices.tiers.create(minimum=1, unit_price=Decimal("1.20"))
    renew_quote(order=quote, total=Decimal("21600.00"), actor="job:test")
    close_card_pages()
    assert stripe.get("cs_test", session)["status"] == "expired"


def test_correcting_the_po_number_leaves_the_page_open(order, stripe):
    session = open_page(order)
    correct_billing(order=order, billing=Billing(country="US", po_number="7"), actor="job:test")
    close_card_pages()
    assert stripe.get("cs_test", session)["status"] == "open"


def test_cancelling_wakes_who_closes_the_page(
    order, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(cards, "wake", woken.append)
    open_page(order)
    with django_capture_on_commit_callbacks(execute=True):
        cancel_order(order=order, actor="job:test")
    assert woken == ["purchasing.close_card_pages"]


def test_the_page_of_an_order_paid_by_transfer_is_closed(order, stripe):
    session = open_page(order)
    pay(order)
    close_card_pages()
    assert stripe.get("cs_test", session)["status"] == "expired"


def test_a_page_for_more_than_is_due_now_is_closed(order, stripe, moving_clock):
    session = open_page(order)
    moving_clock.advance(minutes=1)
    pay(order, amount=order.total - 100)
    close_card_pages()
    assert stripe.get("cs_test", session)["status"] == "expired"


def test_a_page_opened_since_for_the_rest_stays_open(order, stripe, moving_clock):
    pay(order, amount=order.total - 100)
    moving_clock.advance(minutes=1)
    open_card_page(order=order, seen=Decimal(100))
    close_card_pages()
    assert stripe.get("cs_test", order.card_sessions.get().external_id)["status"] == "open"


def test_the_page_of_a_payable_order_stays_open(order, stripe):
    session = open_page(order)
    close_card_pages()
    assert stripe.get("cs_test", session)["status"] == "open"


def test_a_payment_whose_event_was_lost_is_found_a_day_later(order, stripe, moving_clock):
    stripe.pay(open_page(order))
    moving_clock.advance(hours=25)
    close_card_pages()
    order.refresh_from_db()
    assert order.is_paid


def test_a_payment_that_could_not_be_booked_is_asked_for_again(
    order, stripe, moving_clock, monkeypatch
):
    stripe.pay(open_page(order))
    moving_clock.advance(hours=25)
    with monkeypatch.context() as patch:
        patch.setattr(cards, "settle", Mock(side_effect=OperationalError))
        with pytest.raises(OperationalError):
            close_card_pages()
    close_card_pages()
    order.refresh_from_db()
    assert order.is_paid


def test_a_payment_that_is_refused_holds_up_no_other_page(order, stripe, monkeypatch):
    stripe.pay(open_page(order))
    other = OrderFactory(method="card")
    session = open_page(other)
    cancel_order(order=order, actor="job:test")
    cancel_order(order=other, actor="job:test")
    monkeypatch.setattr(cards, "settle", Mock(side_effect=PaymentReused))
    close_card_pages()
    assert stripe.get("cs_test", session)["status"] == "expired"


def test_a_page_that_stripe_does_not_know_holds_up_no_other(order, stripe):
    lost = open_page(order)
    stripe.expire_session(lost)
    found = open_page(order)
    CardSession.objects.update(status="open")
    del stripe.objects[lost]
    cancel_order(order=order, actor="job:test")
    close_card_pages()
    assert stripe.get("cs_test", found)["status"] == "expired"


def test_a_closed_page_is_asked_for_once(order, stripe):
    open_page(order)
    cancel_order(order=order, actor="job:test")
    assert (close_card_pages(), close_card_pages()) == (1, 0)


# --- The other method --------------------------------------------------------------------------
def test_a_card_order_can_become_a_quote(order):
    switched = switch_method(order=order, method="transfer")
    assert (switched.method, switched.status) == ("transfer", "quoted")


def test_a_card_order_that_becomes_a_quote_has_its_paper(order):
    switch_method(order=order, method="transfer")
    assert Document.objects.get(order=order).kind == "quote"


def test_a_quote_can_be_paid_by_card(stripe):
    quote = OrderFactory()
    session = open_page(quote)
    stripe.pay(session)
    take(session)
    quote.refresh_from_db()
    assert quote.is_paid


def test_a_paid_order_keeps_its_method(order):
    pay(order)
    with pytest.raises(OrderClosed):
        switch_method(order=order, method="transfer")
