"""Tests of the back office of purchasing."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.ledger import CreditLot
from credits_portal.lib import clock
from purchasing.models import Payment, PriceList
from purchasing.services import cancel_order
from purchasing.services.disputes import record_dispute
from tests.factories.accounts import CreditAccountFactory, UserFactory
from tests.factories.purchasing import (
    OrderFactory,
    PaidOrderFactory,
    RefundFactory,
    paid_by_card,
    pay,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

LIST = "/admin/purchasing/order/"


def staff_with(*permissions):
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def finance(db):
    return staff_with(
        "view_order", "change_order", "view_payment", "add_payment", "add_pricelist",
        "view_document", "view_refund", "view_dispute",
    )  # fmt: skip


@pytest.fixture
def order(db):
    return OrderFactory(account=CreditAccountFactory(name="Acme"))


def path_of(name, order):
    return reverse(f"admin:purchasing_order_{name}", args=[order.pk])


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def transfer(client, order, **fields):
    """Fill the transfer form; the preview's `seen` comes back when `confirm` is asked."""
    data = {
        "amount": "18000",
        "currency": "USD",
        "received_on": "2026-03-10",
        "bank_reference": "BANK 1",
    } | fields
    shown = client.post(path_of("transfer", order), data)
    if shown.context is None or shown.context.get("settlement") is None:
        return shown
    return client.post(path_of("transfer", order), data | {"seen": shown.context["form"].seen()})


def test_the_page_of_an_order_shows_what_went_back(finance):
    order, payment = paid_by_card()
    RefundFactory(order=order, payment=payment, external_id="re_1")
    record_dispute(
        payment=payment,
        external_id="dp_1",
        amount=payment.amount,
        currency="USD",
        status="open",
        opened_at=clock.now(),
    )
    shown = finance.get(path_of("change", order)).context["inline_admin_formsets"]
    assert [each.opts.model.__name__ for each in shown] == [
        "Payment",
        "Refund",
        "Dispute",
        "Document",
    ]


def test_the_administration_spells_months_and_names_zones(finance, order):
    assert "10 March 2026, 08:00 EDT" in text_of(finance.get(path_of("change", order)))


# --- A transfer received -----------------------------------------------------------------------
def test_the_preview_names_what_will_be_granted_and_books_nothing(finance, order):
    data = {"amount": "18000", "currency": "USD", "received_on": "2026-03-09"}
    shown = text_of(finance.post(path_of("transfer", order), data | {"bank_reference": "BANK 1"}))
    assert "18,000 credits are granted to Acme, usable until 9 March 2027." in shown
    assert not Payment.objects.exists()


def test_a_confirmed_transfer_is_booked_and_granted(finance, order):
    transfer(finance, order, received_on="2026-03-09")
    lot = CreditLot.objects.get()
    assert (lot.available, str(lot.purchased_on)) == (18_000, "2026-03-09")


def test_a_transfer_names_who_booked_it(finance, order):
    transfer(finance, order)
    assert Payment.objects.get().actor == f"user:{finance.session['_auth_user_id']}"


def test_what_was_changed_after_the_preview_is_previewed_again(finance, order):
    path = path_of("transfer", order)
    data = {"amount": "18000", "currency": "USD", "received_on": "2026-03-10"}
    data["bank_reference"] = "BANK 1"
    seen = finance.post(path, data).context["form"].seen()
    finance.post(path, data | {"amount": "1", "seen": seen})
    assert not Payment.objects.exists()


def test_a_part_payment_is_previewed_with_what_is_left(finance, order):
    data = {"amount": "8000", "currency": "USD", "received_on": "2026-03-10"}
    shown = text_of(finance.post(path_of("transfer", order), data | {"bank_reference": "B"}))
    assert "No credits are granted. $10,000.00 are left to pay." in shown


def test_a_confirmation_sent_twice_books_one_payment(finance, order):
    data = {"amount": "18000", "currency": "USD", "received_on": "2026-03-10"}
    data["bank_reference"] = "BANK 1"
    seen = finance.post(path_of("transfer", order), data).context["form"].seen()
    for _ in range(2):
        finance.post(path_of("transfer", order), data | {"seen": seen})
    assert (Payment.objects.count(), CreditLot.objects.count()) == (1, 1)


def test_a_reference_in_other_spelling_is_the_same_transfer(finance, order):
    transfer(finance, order, bank_reference="bank  1")
    answer = transfer(finance, order, bank_reference="BANK 1")
    assert f"This reference is already booked, for order {order.number}." in text_of(answer)


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "NaN"},
        {"currency": "usd"},
        {"currency": "US"},
        {"received_on": "2026-03-11"},
        {"received_on": "yesterday"},
        {"bank_reference": ""},
    ],
)
def test_a_transfer_that_cannot_be_is_a_form_error(finance, order, fields):
    assert transfer(finance, order, **fields).context["form"].errors.keys() == fields.keys()


def test_a_transfer_in_another_currency_is_booked_and_listed(finance, order):
    transfer(finance, order, currency="EUR")
    listed = finance.get(LIST, {"attention": "currency"})
    assert [row.pk for row in listed.context["cl"].queryset] == [order.pk]


def test_staff_without_the_permission_book_nothing(order):
    support = staff_with("view_order")
    assert transfer(support, order).status_code == 403


def test_a_customer_books_nothing(order):
    client = Client()
    client.force_login(order.buyer)
    assert transfer(client, order).status_code == 302
    assert not Payment.objects.exists()


# --- Orders ------------------------------------------------------------------------------------
def test_staff_cancel_an_order(finance, order):
    finance.post(path_of("cancel", order))
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_looking_at_the_cancel_page_cancels_nothing(finance, order):
    finance.get(path_of("cancel", order))
    order.refresh_from_db()
    assert order.is_payable


def test_a_paid_order_is_not_cancelled_by_staff(finance):
    order = PaidOrderFactory()
    answer = finance.post(path_of("cancel", order), follow=True)
    assert "This order can no longer be changed." in text_of(answer)


def test_an_order_is_read_only(finance, order):
    page = finance.get(path_of("change", order)).content.decode()
    assert 'name="_save"' not in page


def test_an_order_shows_no_secret(finance, order):
    page = finance.get(path_of("change", order)).content.decode()
    assert order.link_nonce not in page
    assert order.link_token not in page


@pytest.mark.parametrize("by", ["number", "account", "owner", "payables", "po"])
def test_orders_are_found(finance, by):
    order = OrderFactory(payables_email="ap@acme.example", po_number="PO-77")
    OrderFactory()
    words = {
        "number": order.number,
        "account": order.account.name,
        "owner": order.account.owner.email,
        "payables": "ap@acme.example",
        "po": "PO-77",
    }
    listed = finance.get(LIST, {"q": words[by]})
    assert order.pk in [row.pk for row in listed.context["cl"].queryset]


def test_overpaid_orders_are_listed(finance, order):
    pay(order)
    pay(order, "5.00")
    PaidOrderFactory()
    listed = finance.get(LIST, {"attention": "overpaid"})
    assert [row.pk for row in listed.context["cl"].queryset] == [order.pk]


def test_orders_paid_after_the_end_are_listed(finance, order):
    cancel_order(order=order, actor="job:test")
    pay(order)
    listed = finance.get(LIST, {"attention": "after_end"})
    assert [row.pk for row in listed.context["cl"].queryset] == [order.pk]


@pytest.mark.parametrize(
    "page", [LIST, "/admin/purchasing/payment/", "/admin/purchasing/document/"]
)
def test_a_list_needs_no_more_queries_for_more_rows(
    finance, page, django_assert_num_queries, django_assert_max_num_queries
):
    PaidOrderFactory()
    with django_assert_max_num_queries(14) as first:
        finance.get(page)
    for _ in range(2):
        PaidOrderFactory()
    with django_assert_num_queries(len(first)):
        finance.get(page)


# --- Prices ------------------------------------------------------------------------------------
def price_list(*tiers):
    rows = {
        "name": "2027",
        "starts_at_0": "2027-01-01",
        "starts_at_1": "00:00:00",
        "tiers-TOTAL_FORMS": str(len(tiers)),
        "tiers-INITIAL_FORMS": "0",
    }
    for index, (minimum, unit_price) in enumerate(tiers):
        rows[f"tiers-{index}-minimum"] = minimum
        rows[f"tiers-{index}-unit_price"] = unit_price
    return rows


def test_staff_add_a_price_list():
    prices = staff_with("add_pricelist", "add_pricetier", "view_pricelist")
    prices.post("/admin/purchasing/pricelist/add/", price_list(("1", "1.10"), ("100", "0.7525")))
    tiers = PriceList.objects.get(name="2027").tiers.values_list("minimum", "unit_price")
    assert [(minimum, str(price)) for minimum, price in tiers] == [(1, "1.1000"), (100, "0.7525")]


@pytest.mark.parametrize(
    "tiers",
    [[("10", "1.00")], [("1", "0")], [("0", "1.00")], [("1", "1.00"), ("1", "0.90")], []],
)
def test_a_price_list_that_cannot_price_every_amount_is_refused(tiers):
    prices = staff_with("add_pricelist", "add_pricetier", "view_pricelist")
    prices.post("/admin/purchasing/pricelist/add/", price_list(*tiers))
    assert not PriceList.objects.filter(name="2027").exists()


@pytest.mark.parametrize(("days", "left"), [(-1, 1), (1, 0)])
def test_a_price_list_can_be_deleted_until_it_begins(admin_client, days, left):
    begins = PriceList.objects.create(name="2027", starts_at=clock.now() + timedelta(days=days))
    chosen = {"action": "delete_selected", "_selected_action": begins.pk, "post": "yes"}
    admin_client.post("/admin/purchasing/pricelist/", chosen)
    admin_client.post(f"/admin/purchasing/pricelist/{begins.pk}/delete/", {"post": "yes"})
    assert PriceList.objects.filter(name="2027").count() == left
