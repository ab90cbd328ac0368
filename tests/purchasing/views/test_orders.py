"""Tests of the order's pages."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Delegate
from purchasing.models import Order, Payment
from purchasing.services import cancel_order
from tests.factories.accounts import CreditAccountFactory, UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

PAGES = ["order", "cancel", "billing"]


@pytest.fixture
def order(account):
    return OrderFactory(account=account, company="Acme Inc.")


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


def test_a_quote_says_what_to_pay_where(owner, order, settings):
    settings.BANK_DETAILS = "First Bank\nIBAN 1234"
    shown = text_of(owner.get(path_of("order", order)))
    assert f"Amount $18,000.00 USD Reference {order.number} Bank account First Bank IBAN" in shown


def test_a_part_payment_shows_what_is_left(owner, order):
    pay(order, "10000.00")
    assert "Left to pay $8,000.00" in text_of(owner.get(path_of("order", order)))


def test_a_paid_order_says_until_when_its_credits_can_be_used(owner, account):
    order = PaidOrderFactory(account=account)
    shown = text_of(owner.get(path_of("order", order)))
    assert "paid 18,000 credits are in the account, to be used until 10 March 2027." in shown


@pytest.mark.parametrize("name", PAGES)
def test_a_visitor_signs_in_to_see_an_order(client, order, name):
    assert client.get(path_of(name, order)).status_code == 302


@pytest.mark.parametrize("name", [*PAGES, "simulated_card"])
def test_another_customers_order_is_not_found(client, order, settings, name):
    settings.DEBUG = True
    client.force_login(CreditAccountFactory().owner)
    assert client.get(path_of(name, order)).status_code == 404


@pytest.mark.parametrize("name", ["cancel", "billing", "simulated_card"])
def test_another_customers_order_takes_no_post(client, order, settings, name):
    settings.DEBUG = True
    client.force_login(CreditAccountFactory().owner)
    assert client.post(path_of(name, order), {"outcome": "pay"}).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_a_delegate_sees_no_orders(client, order, name):
    delegate = UserFactory()
    Delegate.objects.create(account=order.account, email=delegate.email, status="accepted")
    client.force_login(delegate)
    assert client.get(path_of(name, order)).status_code == 404


def test_the_account_goes_with_its_new_owner(client, order):
    new = UserFactory()
    order.account.owner = new
    order.account.save(update_fields=["owner"])
    client.force_login(new)
    assert client.get(path_of("order", order)).status_code == 200


# --- Cancelling --------------------------------------------------------------------------------
def test_looking_at_the_cancel_page_cancels_nothing(owner, order):
    owner.get(path_of("cancel", order))
    order.refresh_from_db()
    assert order.is_payable


def test_the_owner_cancels_an_order(owner, order):
    owner.post(path_of("cancel", order))
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_a_paid_order_stays_paid_whoever_posts_its_cancellation(owner, account):
    order = PaidOrderFactory(account=account)
    answer = owner.post(path_of("cancel", order), follow=True)
    assert "can no longer be changed" in text_of(answer)


# --- Billing -----------------------------------------------------------------------------------
def test_the_billing_form_is_filled_with_what_stands(owner, order):
    assert 'value="Acme Inc."' in owner.get(path_of("billing", order)).content.decode()


def test_the_owner_corrects_the_purchase_order_number(owner, order):
    fields = {"country": "US", "company": "Acme Inc.", "po_number": "PO 77"}
    owner.post(path_of("billing", order), fields)
    order.refresh_from_db()
    assert (order.po_number, order.company) == ("PO 77", "Acme Inc.")


def test_extra_posted_fields_do_not_change_the_order(owner, order):
    fields = {"country": "US", "total": "1", "credits": "1", "status": "paid", "account": "1"}
    owner.post(path_of("billing", order), fields)
    order.refresh_from_db()
    assert (order.credits, str(order.total), order.status) == (18_000, "18000.00", "quoted")


def test_a_paid_orders_billing_form_leads_back(owner, account):
    order = PaidOrderFactory(account=account)
    assert owner.get(path_of("billing", order)).url == order.get_absolute_url()


# --- For the accounts department ---------------------------------------------------------------
def test_the_shared_link_shows_the_order_without_signing_in(client, order):
    assert f"Order {order.number}" in text_of(client.get(order.get_shared_url()))


def test_the_shared_page_is_not_kept(client, order):
    assert "no-store" in client.get(order.get_shared_url())["Cache-Control"]


def test_the_shared_page_has_no_form(client, order):
    assert "<form" not in client.get(order.get_shared_url()).content.decode().split("<main")[1]


def test_the_shared_page_takes_no_post(client, order):
    assert client.post(order.get_shared_url()).status_code == 405


@pytest.mark.parametrize("token", ["x", "A" * 43, "0" * 1_000])
def test_another_link_opens_nothing(client, order, token):
    assert client.get(reverse("purchasing:shared_order", args=[token])).status_code == 404


def test_a_cancelled_order_asks_nobody_to_pay(client, order):
    cancel_order(order=order, actor="job:test")
    shown = text_of(client.get(order.get_shared_url()))
    assert "Nothing is to be paid" in shown
    assert "Pay by bank transfer" not in shown


# --- The simulated card ------------------------------------------------------------------------
def test_there_is_no_simulated_card_outside_development(owner, order):
    assert owner.get(path_of("simulated_card", order)).status_code == 404


@pytest.fixture
def card(settings, account):
    settings.DEBUG = True
    return OrderFactory(account=account, method="card")


def test_paying_by_simulated_card_grants_the_credits(owner, card):
    owner.post(path_of("simulated_card", card), {"outcome": "pay"})
    card.refresh_from_db()
    assert (card.status, card.lot.available) == ("paid", 18_000)


def test_paying_twice_is_one_payment(owner, card):
    for _ in range(2):
        owner.post(path_of("simulated_card", card), {"outcome": "pay"})
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("outcome", ["decline", "", "PAY"])
def test_a_declined_card_leaves_the_order_payable(owner, card, outcome):
    owner.post(path_of("simulated_card", card), {"outcome": outcome})
    card.refresh_from_db()
    assert card.status == "awaiting"


def test_walking_away_leaves_the_order_payable(owner, card):
    owner.get(path_of("simulated_card", card))
    assert "arrive when $18,000.00 is received" in text_of(owner.get(path_of("order", card)))


# --- The owner's list --------------------------------------------------------------------------
def test_the_list_has_the_accounts_orders_newest_first(owner, account):
    OrderFactory()
    numbers = [OrderFactory(account=account).number for _ in range(3)]
    page = owner.get(reverse("purchasing:account_orders", args=[account.public_id]))
    assert [order.number for order in page.context["orders"]] == numbers[::-1]


def test_an_empty_list_offers_to_buy(owner, account):
    page = owner.get(reverse("purchasing:account_orders", args=[account.public_id]))
    assert "No orders yet. Every quote and payment is listed here. Buy credits" in text_of(page)


def test_the_list_offers_the_current_papers_of_each_order(owner, account):
    paid = PaidOrderFactory(account=account)
    path = reverse("purchasing:account_orders", args=[account.public_id])
    shown = text_of(owner.get(path))
    assert "Quote QU-2026-000001 (PDF) Receipt RE-2026-000001 (PDF)" in shown
    assert paid.number in shown


def test_the_list_needs_no_more_queries_for_more_orders(
    owner, account, django_assert_num_queries, django_assert_max_num_queries
):
    path = reverse("purchasing:account_orders", args=[account.public_id])
    OrderFactory(account=account)
    with django_assert_max_num_queries(8) as first:
        owner.get(path)
    for _ in range(2):
        OrderFactory(account=account)
    with django_assert_num_queries(len(first)):
        owner.get(path)


@pytest.mark.parametrize("role", ["delegate", "stranger"])
def test_only_the_owner_sees_the_list(client, account, role):
    visitor = UserFactory()
    if role == "delegate":
        Delegate.objects.create(account=account, email=visitor.email, status="accepted")
    client.force_login(visitor)
    page = client.get(reverse("purchasing:account_orders", args=[account.public_id]))
    assert page.status_code == 404


@pytest.mark.parametrize("page", ["-1", "0", "1000000000", "x", "2"])
def test_a_page_that_is_none_is_not_found(owner, account, page):
    path = reverse("purchasing:account_orders", args=[account.public_id])
    assert owner.get(path, {"page": page}).status_code == 404


@pytest.mark.parametrize("name", ["cancel", "billing", "simulated_card"])
def test_a_post_without_its_token_is_refused(order, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(order.buyer)
    assert client.post(path_of(name, order), {"outcome": "pay"}).status_code == 403


def test_a_refused_post_leaves_the_order_as_it_is(order):
    client = Client(enforce_csrf_checks=True)
    client.force_login(order.buyer)
    client.post(path_of("cancel", order))
    assert Order.objects.get().is_payable
