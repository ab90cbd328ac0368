"""The account's pages of figures, for owner and delegate alone."""

import pytest
from django.urls import reverse

from accounts.services import freeze, remove_delegate
from redemption.services import Person
from tests.factories import approvals as factories
from tests.factories.accounts import UserFactory
from tests.factories.redemption import add_lot

PAGES = ["dashboard", "lots", "months", "statement", "usage", "balance", "expiry", "files"]


@pytest.fixture
def show(client, account):
    """Return the text of the account's named page, as its owner or `user` sees it."""

    def get(name, user=None, status=200, **query):
        client.force_login(user or account.owner)
        response = client.get(reverse(f"reports:{name}", args=[account.public_id]), query)
        assert response.status_code == status
        return " ".join(response.content.decode().split())

    return get


@pytest.mark.parametrize("name", PAGES)
def test_the_owner_sees_the_page(show, name):
    assert "Olga" not in show(name)


@pytest.mark.parametrize("name", PAGES)
def test_an_active_delegate_sees_the_page(show, account, name):
    factories.make_delegate(account, "dana@example.com")
    show(name, UserFactory(email="dana@example.com"))


@pytest.mark.parametrize("name", PAGES)
def test_a_removed_delegate_finds_nothing(show, account, owner, name):
    delegate = factories.make_delegate(account, "dana@example.com")
    remove_delegate(delegate=delegate, actor=owner)
    show(name, UserFactory(email="dana@example.com"), status=404)


@pytest.mark.parametrize("name", PAGES)
def test_a_stranger_finds_nothing(show, name):
    show(name, UserFactory(), status=404)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_asks_to_sign_in(client, account, name):
    response = client.get(reverse(f"reports:{name}", args=[account.public_id]))
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["lots", "statement"])
@pytest.mark.parametrize("number", ["-1", "0", "1e9", "99"])
def test_a_page_that_is_not_there_is_not_found(show, name, number):
    show(name, status=404, page=number)


def test_the_dashboard_begins_with_the_three_figures(show, account, session):
    factories.ask(account, session)
    page = show("dashboard")
    figures = page.partition("figures")[2].partition("</dl>")[0]
    assert [text in figures for text in ("5,400", "600", "4,400", "9 April 2026")] == [True] * 4


def test_the_dashboard_asks_to_buy_when_nothing_waits(show):
    page = show("dashboard")
    assert ('class="button" href="/buy/' in page, "Review" in page) == (True, False)


def test_the_dashboard_asks_to_review_what_waits(show, account, session):
    factories.ask(account, session)
    assert "Review one request</a>" in show("dashboard")


def test_a_delegate_is_not_asked_to_buy(show, account):
    factories.make_delegate(account, "dana@example.com")
    page = show("dashboard", UserFactory(email="dana@example.com"))
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "Buy credits" not in main


def test_a_frozen_account_says_so(show, account):
    freeze(account=account, reason="Charge-back")
    assert "frozen" in show("dashboard")


def test_an_empty_account_explains_itself(client, db, moving_clock):
    account = factories.make_account(0)
    client.force_login(account.owner)
    page = client.get(reverse("reports:dashboard", args=[account.public_id])).content.decode()
    assert "They appear here when payment arrives." in page


def test_the_lots_page_tells_price_and_what_became_of_the_credits(show, account, session):
    factories.ask(account, session)
    page = show("lots")
    assert ("1,000 credits at $1.00" in page, "600 held" in page) == (True, True)


def test_an_ended_lot_shows_its_rest_as_expired_before_the_sweep(show, account, moving_clock):
    moving_clock.set(2026, 4, 10, 4)
    assert "5,000 expired" in show("lots")


def test_the_statement_names_training_and_registrant(show, account, session):
    redemption = factories.ask(account, session)
    page = show("statement")
    assert f"Ana Lima · {redemption.reference}" in page


def test_names_are_escaped(show, account, session):
    factories.ask(account, session, registrant=Person("<script>x</script>", "x@example.com"))
    assert "<script>x" not in show("statement")


@pytest.mark.parametrize("limit", [("dashboard", 14), ("lots", 8), ("statement", 10)])
def test_more_rows_cost_no_more_queries(
    client, account, session, limit, django_assert_max_num_queries
):
    name, queries = limit
    client.force_login(account.owner)
    address = reverse(f"reports:{name}", args=[account.public_id])
    factories.ask(account, session)
    with django_assert_max_num_queries(queries) as few:
        client.get(address)
    for number in range(12):
        add_lot(account, 600, days=100 + number)
        factories.ask(account, session, f"p{number}@example.com")
    with django_assert_max_num_queries(len(few)):
        client.get(address)
