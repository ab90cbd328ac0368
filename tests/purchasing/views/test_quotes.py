"""Tests of accepting a quote, of issuing it again, and of downloading papers."""

import pytest
from django.urls import reverse

from purchasing.models import PriceList
from purchasing.services import accept_quote, cancel_order
from purchasing.services.undo import undo_payment
from tests.factories.accounts import CreditAccountFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, pay
from tests.purchasing.views.test_orders import path_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def order(account):
    return OrderFactory(account=account, po_number="PO 1")


@pytest.fixture
def owner(client, user):
    client.force_login(user)
    return client


def papers_of(order):
    return list(order.documents.order_by("pk").values_list("number", flat=True))


# --- Accepting ---------------------------------------------------------------------------------
def test_the_owner_accepts_with_a_purchase_order_number(owner, order):
    owner.post(path_of("accept", order), {"po_number": "PO 2", "payables_email": "ap@example.com"})
    order.refresh_from_db()
    assert (order.status, order.po_number, order.payables_email) == (
        "awaiting",
        "PO 2",
        "ap@example.com",
    )


def test_the_accept_page_is_filled_with_what_stands(owner, order):
    assert 'value="PO 1"' in owner.get(path_of("accept", order)).content.decode()


def test_looking_at_the_accept_page_accepts_nothing(owner, order):
    owner.get(path_of("accept", order))
    order.refresh_from_db()
    assert order.accepted_at is None


def test_accepting_twice_issues_one_invoice(owner, order):
    for _ in range(2):
        owner.post(path_of("accept", order), {"po_number": "PO 2"})
    assert papers_of(order) == ["QU-2026-000001", "IN-2026-000001"]


def test_an_address_that_is_none_is_an_error_at_its_field(owner, order):
    page = owner.post(path_of("accept", order), {"payables_email": "ap"})
    assert page.context["form"].errors.keys() == {"payables_email"}


def test_an_accepted_order_says_when_it_is_due(owner, order):
    page = owner.post(path_of("accept", order), {}, follow=True)
    assert "The invoice is due on 9 April 2026." in text_of(page)


def test_a_paid_order_is_not_accepted(owner, account):
    order = PaidOrderFactory(account=account)
    assert owner.post(path_of("accept", order), {}).url == order.get_absolute_url()
    assert order.documents.filter(kind="invoice").count() == 0


def test_a_quote_whose_payment_was_undone_can_be_accepted(owner, order):
    undo_payment(payment=pay(order), reason="Another order's", actor="job:test")
    owner.post(path_of("accept", order), {})
    assert papers_of(order)[-1] == "IN-2026-000001"


# --- Issued again ------------------------------------------------------------------------------
@pytest.fixture
def expired(order, moving_clock):
    moving_clock.advance(days=31)
    return order


def test_an_expired_quote_offers_a_new_one(owner, expired):
    assert "Get a new quote" in text_of(owner.get(path_of("order", expired)))


def test_an_expired_quote_is_not_accepted(owner, expired):
    owner.post(path_of("accept", expired), {})
    expired.refresh_from_db()
    assert expired.status == "quoted"


def test_the_new_quote_has_todays_price(owner, expired, moving_clock):
    dearer = PriceList.objects.create(name="dearer", starts_at=moving_clock.moment)
    dearer.tiers.create(minimum=1, unit_price=2)
    page = owner.get(path_of("renew", expired))
    assert "Total with tax: $36,000.00" in text_of(page)
    owner.post(path_of("renew", expired), {"total": page.context["form"].initial["total"]})
    expired.refresh_from_db()
    assert (str(expired.total), str(expired.quote_valid_until)) == ("36000.00", "2026-05-10")


def test_another_price_than_was_shown_orders_nothing(owner, expired, moving_clock):
    dearer = PriceList.objects.create(name="dearer", starts_at=moving_clock.moment)
    dearer.tiers.create(minimum=1, unit_price=2)
    page = owner.post(path_of("renew", expired), {"total": "18000.00"}, follow=True)
    assert "The price has changed since this page was opened." in text_of(page)
    assert papers_of(expired) == ["QU-2026-000001"]


def test_a_quote_that_holds_needs_no_new_one(owner, order):
    assert owner.get(path_of("renew", order)).url == order.get_absolute_url()


# --- Downloads ---------------------------------------------------------------------------------
def paper_of(order, number="QU-2026-000001"):
    return reverse("purchasing:document", args=[order.number, number])


def shared_paper_of(order, number="QU-2026-000001"):
    return reverse("purchasing:shared_document", args=[order.link_token, number])


@pytest.mark.parametrize("path", [paper_of, shared_paper_of])
def test_a_paper_is_a_pdf_to_keep(owner, order, path):
    answer = owner.get(path(order))
    assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert answer["Content-Disposition"] == 'attachment; filename="QU-2026-000001.pdf"'


def test_the_accounts_department_needs_no_sign_in(client, order):
    assert client.get(shared_paper_of(order)).status_code == 200


def test_the_secret_link_works_as_long_as_the_order(client, order):
    accepted = accept_quote(order=order, po_number="", payables_email="", actor=order.buyer)
    cancel_order(order=accepted, actor=order.buyer)
    assert client.get(shared_paper_of(order, "IN-2026-000001")).status_code == 200


def test_the_shared_page_offers_the_papers(client, order):
    page = client.get(order.get_shared_url()).content.decode()
    assert shared_paper_of(order) in page
    assert paper_of(order) not in page


@pytest.mark.parametrize("path", [paper_of, shared_paper_of])
def test_a_paper_is_not_kept_on_the_way(owner, order, path):
    assert "no-store" in owner.get(path(order))["Cache-Control"]


def test_another_orders_paper_is_not_found(owner, account, order):
    other = OrderFactory(account=account)
    assert owner.get(paper_of(order, "QU-2026-000002")).status_code == 404
    assert owner.get(shared_paper_of(order, "QU-2026-000002")).status_code == 404
    assert owner.get(paper_of(other, "QU-2026-000002")).status_code == 200


@pytest.mark.parametrize("name", ["accept", "renew"])
def test_another_customers_quote_is_not_found(client, order, name):
    client.force_login(CreditAccountFactory().owner)
    assert client.get(path_of(name, order)).status_code == 404
    assert client.post(path_of(name, order), {}).status_code == 404


def test_another_customers_paper_is_not_found(client, order):
    client.force_login(CreditAccountFactory().owner)
    assert client.get(paper_of(order)).status_code == 404


def test_a_replaced_paper_is_still_there_and_says_so(owner, order):
    owner.post(path_of("billing", order), {"country": "US", "po_number": "PO 3"})
    shown = text_of(owner.get(path_of("order", order)))
    assert "Quote QU-2026-000001 (PDF) 10 March 2026 replaced" in shown
    assert owner.get(paper_of(order)).status_code == 200
