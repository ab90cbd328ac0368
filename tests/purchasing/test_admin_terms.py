"""Tests of what staff do with an order beside booking transfers."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry

from accounts.ledger import CreditLot
from accounts.models import User
from purchasing.exceptions import ShortfallRefused
from purchasing.models import Order, Payment, PriceList
from purchasing.services import accept_quote, cancel_order, write_off_shortfall
from tests.factories.accounts import CreditAccountFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, pay
from tests.mailbox import mail_to
from tests.purchasing.test_admin import path_of, staff_with, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

NEW_QUOTE = "/admin/purchasing/order/quote/"


@pytest.fixture
def finance(db):
    return staff_with("view_order", "add_order", "change_order", "view_payment", "add_payment")


@pytest.fixture
def order(db):
    return OrderFactory(account=CreditAccountFactory(name="Acme"))


@pytest.fixture
def invoiced(order):
    return accept_quote(order=order, po_number="", payables_email="", actor=order.buyer)


def tasks_on(client, order):
    page = client.get(path_of("change", order)).content.decode()
    names = ["transfer", "shortfall", "due_date", "cancel", "renew", "reopen"]
    return [name for name in names if path_of(name, order) in page]


# --- Shortfalls --------------------------------------------------------------------------------
def short(order, missing="12.50", reason="The bank in between kept its fee."):
    pay(order, f"{order.total - Decimal(missing):.2f}")
    return reason


def test_a_small_shortfall_is_booked_as_a_bank_charge_with_its_reason(finance, order):
    reason = short(order)
    finance.post(path_of("shortfall", order), {"reason": reason})
    charge = Payment.objects.get(provider="charges")
    assert (str(charge.amount), charge.reason, charge.order) == ("12.50", reason, order)


def test_a_booked_shortfall_grants_the_credits(finance, order):
    finance.post(path_of("shortfall", order), {"reason": short(order)})
    order.refresh_from_db()
    assert (order.status, CreditLot.objects.get().available) == ("paid", 18_000)


def test_a_shortfall_needs_a_reason(finance, order):
    short(order)
    page = finance.post(path_of("shortfall", order), {"reason": " "})
    assert page.context["form"].errors.keys() == {"reason"}
    assert not Payment.objects.filter(provider="charges").exists()


@pytest.mark.parametrize(("missing", "booked"), [("50.00", True), ("50.01", False)])
def test_a_shortfall_has_a_limit(order, missing, booked):
    reason = short(order, missing)
    if booked:
        assert write_off_shortfall(order=order, reason=reason, actor="job:test").amount == 50
    else:
        with pytest.raises(ShortfallRefused):
            write_off_shortfall(order=order, reason=reason, actor="job:test")


def test_the_limit_is_a_setting(order, settings):
    settings.SHORTFALL_LIMIT = 10
    with pytest.raises(ShortfallRefused):
        write_off_shortfall(order=order, reason=short(order), actor="job:test")


def test_without_any_payment_nothing_is_written_off():
    order = OrderFactory(credits=20)
    with pytest.raises(ShortfallRefused):
        write_off_shortfall(order=order, reason="x", actor="job:test")


def test_a_shortfall_booked_twice_is_one_payment(finance, order):
    reason = short(order)
    for _ in range(2):
        finance.post(path_of("shortfall", order), {"reason": reason})
    assert Payment.objects.filter(provider="charges").count() == 1


def test_a_late_write_off_does_not_eat_the_year(order, moving_clock):
    reason = short(order)
    moving_clock.advance(days=10)
    write_off_shortfall(order=order, reason=reason, actor="job:test")
    assert CreditLot.objects.get().purchased_on == date(2026, 3, 20)


def test_a_write_off_of_the_same_days_starts_the_year_with_the_transfer(order, moving_clock):
    reason = short(order)
    moving_clock.advance(days=2)
    write_off_shortfall(order=order, reason=reason, actor="job:test")
    assert CreditLot.objects.get().purchased_on == date(2026, 3, 10)


# --- Terms -------------------------------------------------------------------------------------
def test_staff_give_an_order_its_own_due_date(finance, invoiced):
    finance.post(path_of("due_date", invoiced), {"due_on": "2026-06-01"})
    invoiced.refresh_from_db()
    assert invoiced.due_on == date(2026, 6, 1)


def test_a_due_date_in_the_past_is_a_form_error(finance, invoiced):
    page = finance.post(path_of("due_date", invoiced), {"due_on": "2026-03-09"})
    assert page.context["form"].errors.keys() == {"due_on"}


def test_staff_open_a_cancelled_order_again(finance, invoiced):
    cancel_order(order=invoiced, actor="job:test")
    finance.post(path_of("reopen", invoiced), {"due_on": "2026-06-01"})
    invoiced.refresh_from_db()
    assert (invoiced.status, invoiced.due_on) == ("awaiting", date(2026, 6, 1))


def test_staff_issue_a_quote_again_at_todays_price(finance, order, moving_clock):
    dearer = PriceList.objects.create(name="dearer", starts_at=moving_clock.moment)
    dearer.tiers.create(minimum=1, unit_price=2)
    total = finance.get(path_of("renew", order)).context["form"].initial["total"]
    finance.post(path_of("renew", order), {"total": total})
    order.refresh_from_db()
    assert str(order.total) == "36000.00"


def test_what_staff_did_stands_in_the_orders_history(finance, invoiced):
    finance.post(path_of("due_date", invoiced), {"due_on": "2026-06-01"})
    assert LogEntry.objects.get().change_message == "Set the due date: 2026-06-01"


@pytest.mark.parametrize("name", ["due_date", "reopen", "renew", "cancel", "shortfall"])
def test_looking_at_a_task_does_nothing(finance, order, name):
    before = Order.objects.values().get()
    finance.get(path_of(name, order))
    assert Order.objects.values().get() == before


@pytest.mark.parametrize("name", ["due_date", "reopen", "renew", "cancel", "shortfall"])
def test_staff_without_the_right_do_none_of_it(order, name):
    support = staff_with("view_order")
    assert support.post(path_of(name, order), {}).status_code == 403


def test_an_order_offers_what_can_be_done_with_it(finance, order, invoiced):
    assert tasks_on(finance, invoiced) == ["transfer", "due_date", "cancel"]
    pay(invoiced, "17990.00")
    assert tasks_on(finance, invoiced) == ["transfer", "shortfall", "due_date", "cancel"]
    cancel_order(order=invoiced, actor="job:test")
    assert tasks_on(finance, invoiced) == ["transfer", "reopen"]


def test_a_paid_order_offers_a_further_transfer_alone(finance):
    assert tasks_on(finance, PaidOrderFactory()) == ["transfer"]


def test_staff_read_the_papers(order):
    support = staff_with("view_order", "view_document")
    address = f"/admin/purchasing/document/{order.documents.get().pk}/paper/"
    assert address in support.get(path_of("change", order)).content.decode()
    assert support.get(address).content[:5] == b"%PDF-"


def test_a_paper_is_found_by_its_number(order):
    support = staff_with("view_document")
    OrderFactory()
    found = support.get("/admin/purchasing/document/", {"q": "QU-2026-000001"})
    assert [paper.order for paper in found.context["cl"].queryset] == [order]


def test_staff_without_the_right_read_no_papers(order):
    address = f"/admin/purchasing/document/{order.documents.get().pk}/paper/"
    assert staff_with("view_order").get(address).status_code == 403


# --- A quote in a customer's name --------------------------------------------------------------
def fields(**changed):
    known = {
        "email": "Cora@Example.com",
        "name": "Cora",
        "account_name": "Acme",
        "credits": "18,000",
        "country": "US",
        "key": "0d8ad9a4-5f2a-4c2b-9d0e-1f2b3c4d5e6f",
    }
    return known | changed


def make_quote(client, **changed):
    shown = client.post(NEW_QUOTE, fields(**changed)).context["shown"]
    return client.post(NEW_QUOTE, fields(**changed) | {"seen": shown["seen"]})


def test_price_advice_and_account_are_shown_before(finance):
    shown = text_of(finance.post(NEW_QUOTE, fields()))
    assert "18,000 credits at $1.00 each, $18,000.00 net." in shown
    assert "20,000" in shown
    assert "The customer is new here and signs in by a code that is mailed." in shown
    assert "A new account of this name is opened." in shown
    assert not Order.objects.exists()


def test_a_known_customer_and_account_are_named(finance):
    account = CreditAccountFactory(name="Acme")
    shown = text_of(finance.post(NEW_QUOTE, fields(email=account.owner.email)))
    assert "The credits go to the account Acme." in shown


def test_a_confirmed_quote_is_made_and_opened(finance):
    answer = make_quote(finance)
    order = Order.objects.get()
    assert answer.url == path_of("change", order)
    assert (order.buyer.email, order.status, order.credits) == (
        "cora@example.com",
        "quoted",
        18_000,
    )


def test_another_amount_than_was_shown_is_shown_again(finance):
    seen = finance.post(NEW_QUOTE, fields()).context["shown"]["seen"]
    finance.post(NEW_QUOTE, fields(credits="20,000", seen=seen))
    assert not Order.objects.exists()


def test_a_confirmation_sent_twice_makes_one_quote(finance):
    for _ in range(2):
        make_quote(finance)
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"email": "cora"}, {"credits": "1.5"}, {"account_name": " "}, {"country": "XX"}]
)
def test_what_cannot_be_is_an_error_at_its_field(finance, wrong):
    page = finance.post(NEW_QUOTE, fields(**wrong))
    assert page.context["form"].errors.keys() == wrong.keys()


def test_without_prices_no_quote_is_made(finance):
    PriceList.objects.all().delete()
    assert "There is no price for this amount" in text_of(finance.post(NEW_QUOTE, fields()))


def test_only_who_may_add_orders_makes_quotes():
    assert staff_with("view_order", "change_order").get(NEW_QUOTE).status_code == 403


def test_the_list_leads_to_a_new_quote(finance):
    assert NEW_QUOTE in finance.get("/admin/purchasing/order/").content.decode()


def test_the_customer_is_told_how_to_sign_in(finance):
    make_quote(finance)
    message = mail_to("cora@example.com")
    assert "We made this quote for you." in message.body
    assert "we mail you a code" in message.body


def test_the_mailed_link_leads_to_the_order_by_a_code_alone(finance, client):
    make_quote(finance)
    path = Order.objects.get().get_absolute_url()
    assert path in mail_to("cora@example.com").body
    asked = client.get(path, follow=True)
    assert asked.status_code == 200
    signing_in = asked.redirect_chain[-1][0]
    fields = {"login": "cora@example.com", "password": "", "next": path}
    code_page = client.post(signing_in, fields).url
    code = re.search(r"\b\d{6}\b", mail_to("cora@example.com").body)[0]
    entered = client.post(code_page, {"code": code}, follow=True)
    assert entered.request["PATH_INFO"] == path
    assert User.objects.get(email="cora@example.com").has_usable_password() is False
