"""Tests of the card pages: to the provider and back; none of them grants anything."""

import re

import pytest
from django.urls import reverse

from purchasing import methods
from purchasing.models import CardSession, Order, Payment
from purchasing.services import cancel_order
from purchasing.services.cards import open_card_page, take_session
from purchasing.stripe_gateway import fetch_session
from tests.factories.accounts import CreditAccountFactory
from tests.factories.purchasing import OrderFactory, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

PAGES = ["card", "card_return", "card_left"]


@pytest.fixture
def order(account, stripe):
    return OrderFactory(account=account, method="card")


@pytest.fixture
def owner(client, user):
    client.force_login(user)
    return client


def text_of(response):
    """Return the words of the page, without markup."""
    main = response.content.decode().split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def path_of(name, order):
    return reverse(f"purchasing:{name}", args=[order.number])


def send(client, order, **fields):
    return client.post(path_of("card", order), {"due": str(order.total)} | fields)


def policy(response):
    """Return what the page's forms may lead to."""
    rules = response["Content-Security-Policy"].split("; ")
    return next(rule for rule in rules if rule.startswith("form-action"))


# --- The pay page ------------------------------------------------------------------------------
def test_the_pay_page_says_what_is_paid(owner, order):
    assert "Credits 18,000 To pay $18,000.00" in text_of(owner.get(path_of("card", order)))


def test_looking_at_the_pay_page_asks_stripe_nothing(owner, order, stripe):
    owner.get(path_of("card", order))
    assert stripe.requests == []


def test_the_button_leads_to_stripes_page(owner, order, stripe):
    answer = send(owner, order)
    assert (answer.status_code, answer["Location"]) == (302, order.card_sessions.get().url)


def test_a_double_click_leads_to_one_page(owner, order, stripe):
    assert send(owner, order)["Location"] == send(owner, order)["Location"]


def test_only_the_pay_page_may_lead_to_stripe(owner, order, stripe):
    shown = [policy(owner.get(path_of(name, order))) for name in ("card", "order")]
    assert shown == [f"form-action 'self' {stripe.url}", "form-action 'self'"]


def test_in_production_that_is_stripes_own_origin(owner, order, settings):
    settings.STRIPE_API_BASE = ""
    shown = policy(owner.get(path_of("card", order)))
    assert shown == "form-action 'self' https://checkout.stripe.com"


@pytest.mark.parametrize("due", ["", "17999.99", "NaN", "Infinity", "-1", "1" * 5000, "\0"])
def test_another_amount_than_was_shown_opens_no_page(owner, order, stripe, due):
    assert send(owner, order, due=due).status_code == 200
    assert stripe.requests == []


def test_what_changed_meanwhile_is_said(owner, order):
    pay(order, "8000.00")
    answer = send(owner, order)
    assert "What is due has changed" in text_of(answer)
    assert "Pay $10,000.00" in text_of(answer)


def test_other_fields_are_ignored(owner, order, stripe):
    send(owner, order, amount="1", total="1", unit_amount="1", currency="jpy")
    assert stripe.find("cs_test")[0]["amount_total"] == 1_800_000


def test_stripe_away_is_said_and_the_order_stays_payable(owner, order, stripe):
    stripe.trouble("error", times=2)
    assert "cannot be reached at the moment" in text_of(send(owner, order))
    order.refresh_from_db()
    assert order.is_payable


def test_a_payment_under_way_leads_to_its_confirmation(owner, order, stripe):
    stripe.pay(send(owner, order)["Location"].rpartition("/")[2])
    assert send(owner, order)["Location"] == path_of("card_return", order)


def test_a_closed_order_has_no_pay_page(owner, order):
    cancel_order(order=order, actor="job:test")
    assert owner.get(path_of("card", order))["Location"] == order.get_absolute_url()


def test_the_check_page_of_a_card_order_leads_to_the_pay_page(stripe, ready, send, client):
    ready(method="card")
    assert send()["Location"] == path_of("card", Order.objects.get())


@pytest.mark.parametrize("name", PAGES)
def test_a_visitor_signs_in_first(client, order, name):
    assert client.get(path_of(name, order))["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", PAGES)
def test_another_customers_order_is_not_found(client, order, name):
    client.force_login(CreditAccountFactory().owner)
    assert client.get(path_of(name, order)).status_code == 404


@pytest.mark.parametrize("name", ["card", "switch_method"])
def test_another_customers_order_takes_no_post(client, order, stripe, name):
    client.force_login(CreditAccountFactory().owner)
    fields = {"due": str(order.total), "method": "transfer"}
    assert client.post(path_of(name, order), fields).status_code == 404
    assert stripe.requests == []


# --- Which cards are taken ---------------------------------------------------------------------
def test_without_keys_no_card_is_offered(settings):
    settings.STRIPE_SECRET_KEY = settings.STRIPE_WEBHOOK_SECRET = ""
    assert methods.offered() == ["transfer"]


def test_with_keys_cards_are_offered(stripe):
    assert methods.offered() == ["card", "transfer"]


def test_without_keys_there_is_no_pay_page(owner, order, settings):
    settings.STRIPE_SECRET_KEY = ""
    assert owner.get(path_of("card", order)).status_code == 404


def test_in_development_without_keys_the_card_is_simulated(owner, order, settings):
    settings.DEBUG, settings.STRIPE_SECRET_KEY = True, ""
    answer = owner.get(path_of("card", order))
    assert answer["Location"] == path_of("simulated_card", order)


def test_with_keys_nothing_is_simulated(owner, order, settings):
    settings.DEBUG = True
    assert owner.post(path_of("simulated_card", order), {"outcome": "pay"}).status_code == 404
    assert not Payment.objects.exists()


# --- Coming back -------------------------------------------------------------------------------
@pytest.fixture
def opened(order):
    """Return the id of the order's open page at Stripe."""
    open_card_page(order=order, seen=order.total)
    return order.card_sessions.get().external_id


def test_coming_back_without_paying_grants_nothing(owner, order, opened):
    assert "Confirming payment" in text_of(owner.get(path_of("card_return", order)))
    order.refresh_from_db()
    assert (order.status, Payment.objects.count()) == ("awaiting", 0)


def test_coming_back_after_paying_grants_nothing_by_itself(owner, order, opened, stripe):
    stripe.pay(opened)
    owner.get(path_of("card_return", order))
    order.refresh_from_db()
    assert (order.status, Payment.objects.count()) == ("awaiting", 0)


def test_another_buyers_session_id_is_of_no_use(owner, order, opened, stripe):
    other = OrderFactory(method="card")
    open_card_page(order=other, seen=other.total)
    theirs = other.card_sessions.get().external_id
    stripe.pay(theirs)
    owner.get(path_of("card_return", order), {"session_id": theirs})
    order.refresh_from_db()
    assert (order.status, Payment.objects.count()) == ("awaiting", 0)


def test_the_waiting_page_asks_again_by_itself_without_script(owner, order, opened):
    path = path_of("card_return", order)
    answer = owner.get(path, {"looks": "3"})
    assert (answer["Refresh"], "<meta http-equiv" in answer.content.decode()) == (
        f"3; url={path}?looks=4",
        False,
    )


@pytest.mark.parametrize("looks", ["20", "99", "-1", "x", "1" * 5000])
def test_after_a_minute_the_waiting_page_says_what_comes_by_mail(owner, order, opened, looks):
    answer = owner.get(path_of("card_return", order), {"looks": looks})
    assert ("Refresh" in answer, "comes to" in text_of(answer)) == (False, True)


def test_a_confirmed_payment_leads_to_the_order(owner, order, opened):
    pay(order)
    answer = owner.get(path_of("card_return", order), follow=True)
    assert "Payment received. The confirmation with your training passkey" in text_of(answer)


@pytest.mark.parametrize("status", ["expired", None])
def test_without_an_open_page_there_is_nothing_to_wait_for(owner, order, opened, status):
    if status:
        CardSession.objects.update(status=status)
    else:
        CardSession.objects.all().delete()
    answer = owner.get(path_of("card_return", order), follow=True)
    assert "No card payment of this order has arrived." in text_of(answer)


def test_money_that_came_after_the_end_is_not_denied(owner, order, opened, stripe):
    stripe.pay(opened)
    cancel_order(order=order, actor="job:test")
    take_session(fetch_session(opened))
    answer = owner.get(path_of("card_return", order), follow=True)
    assert "The card payment came after the order had ended." in text_of(answer)


def test_money_that_was_paid_back_is_not_denied(owner, order, opened, stripe):
    stripe.pay(opened)
    take_session(fetch_session(opened))
    Order.objects.update(status="refunded")
    answer = owner.get(path_of("card_return", order), follow=True)
    assert "The card payment of this order was paid back." in text_of(answer)


def test_leaving_stripes_page_leaves_the_order_payable(owner, order, opened):
    answer = owner.get(path_of("card_left", order), follow=True)
    assert "The order waits: pay it by card or by bank transfer." in text_of(answer)
    order.refresh_from_db()
    assert order.is_payable


# --- The other method --------------------------------------------------------------------------
def test_a_card_order_is_switched_to_transfer(owner, order):
    answer = owner.post(path_of("switch_method", order), {"method": "transfer"}, follow=True)
    assert "The order is to be paid by bank transfer." in text_of(answer)


def test_a_quote_is_switched_to_card(owner, account, stripe):
    quote = OrderFactory(account=account)
    answer = owner.post(path_of("switch_method", quote), {"method": "card"})
    assert answer["Location"] == path_of("card", quote)


@pytest.mark.parametrize("method", ["", "cash", "card\0"])
def test_a_method_that_is_not_offered_changes_nothing(owner, order, method):
    owner.post(path_of("switch_method", order), {"method": method})
    order.refresh_from_db()
    assert order.method == "card"


def test_no_card_is_switched_to_where_none_is_taken(owner, account):
    quote = OrderFactory(account=account)
    owner.post(path_of("switch_method", quote), {"method": "card"})
    quote.refresh_from_db()
    assert quote.method == "transfer"


def test_a_paid_order_is_not_switched(owner, order):
    pay(order)
    answer = owner.post(path_of("switch_method", order), {"method": "transfer"}, follow=True)
    assert "can no longer be changed" in text_of(answer)


def test_a_visitor_who_switches_signs_in_and_comes_back_to_the_order(client, order):
    answer = client.post(path_of("switch_method", order), {"method": "transfer"})
    assert answer.url == f"/sign-in/?next=/orders/{order.number}/"


def test_a_switch_is_never_made_by_looking(owner, order):
    assert owner.get(path_of("switch_method", order)).status_code == 405
