"""Tests of a purchase that follows another: what is known is not asked for again."""

import re

import pytest
from django.urls import reverse

from accounts.models import CreditAccount
from tests.factories.accounts import CreditAccountFactory
from tests.factories.purchasing import OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

METHOD = reverse("purchasing:method")


@pytest.fixture
def earlier(account):
    party = {"company": "Acme Holding", "country": "DE", "po_number": "PO-1", "tax_id": "DE123"}
    return OrderFactory(account=account, **party)


def starts_with(client, *names):
    form = client.get(METHOD).context["form"]
    return [form[name].value() for name in names]


def test_the_party_that_paid_before_is_filled_in(client, user, account, earlier, start):
    client.force_login(user)
    start(account=account.public_id)
    assert starts_with(client, "company", "country", "tax_id") == ["Acme Holding", "DE", "DE123"]


def test_a_purchase_order_number_is_for_one_order(client, user, account, earlier, start):
    client.force_login(user)
    start(account=account.public_id)
    assert starts_with(client, "po_number") == [""]


def test_a_new_account_starts_with_its_own_name(client, user, earlier, start):
    client.force_login(user)
    start(account_name="Globex")
    assert starts_with(client, "company", "country", "tax_id") == ["Globex", None, None]


def test_what_was_said_for_this_order_stays(client, account, earlier, start, choose):
    client.force_login(account.owner)
    start(account=account.public_id)
    choose(company="Acme GmbH", country="AT", tax_id="")
    assert starts_with(client, "company", "country", "tax_id") == ["Acme GmbH", "AT", ""]


def test_another_customers_party_is_not_told(client, user, account, earlier, start):
    client.force_login(user)
    start(account=account.public_id)
    CreditAccount.objects.update(owner=CreditAccountFactory().owner)
    assert starts_with(client, "company", "country") == ["", None]


def test_an_account_handed_over_meanwhile_is_explained(client, user, account, ready):
    ready(account=account.public_id)
    CreditAccount.objects.update(owner=CreditAccountFactory().owner)
    page = client.get(reverse("purchasing:check"), follow=True).content.decode()
    assert "The account you chose is no longer yours. Choose another one." in page


@pytest.mark.parametrize("step", ["method", "check"])
def test_the_way_back_from_a_placed_order_leads_to_it(client, ready, send, step):
    ready()
    placed = send().url
    assert client.get(reverse(f"purchasing:{step}")).url == placed


@pytest.mark.parametrize("step", ["method", "check"])
def test_an_order_that_was_lost_with_its_session_is_explained(client, ready, step):
    ready()
    client.cookies.clear()
    page = client.get(reverse(f"purchasing:{step}"), follow=True).content.decode()
    assert "No order is on its way in this browser." in page


def test_a_new_purchase_leads_to_no_earlier_order(client, ready, send, start):
    ready()
    send()
    start()
    assert client.get(reverse("purchasing:check")).url == METHOD


def test_the_way_back_leads_to_no_order_that_another_owns(client, ready, send):
    ready()
    send()
    CreditAccount.objects.update(owner=CreditAccountFactory().owner)
    assert client.get(METHOD).url == reverse("purchasing:buy")


def test_ordering_again_is_for_the_same_account(client, user, account, earlier):
    client.force_login(user)
    client.post(reverse("purchasing:cancel", args=[earlier.number]))
    page = client.get(earlier.get_absolute_url()).content.decode()
    assert f"?credits=18000&amp;account={account.public_id}" in page


def test_nobody_stores_the_page_with_the_shared_link(client, user, earlier):
    client.force_login(user)
    assert "no-store" in client.get(earlier.get_absolute_url())["Cache-Control"]


@pytest.mark.parametrize(
    ("wrong", "is_open"), [({"country": ""}, False), ({"payables_email": "nobody"}, True)]
)
def test_what_few_need_unfolds_only_to_be_mended(start, choose, wrong, is_open):
    start()
    page = choose(**wrong).content.decode()
    fold = re.search(r"<details( open)?>\s*<summary>PO number", page)
    assert bool(fold[1]) is is_open
