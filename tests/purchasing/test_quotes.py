"""Tests of purchasing.services.quotes: accepted, issued again, made for a customer."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import CreditAccount, User
from credits_portal.outbox.models import OutboundMail
from purchasing.exceptions import OrderClosed, PriceChanged, QuoteExpired
from purchasing.models import PriceList, TaxRule
from purchasing.services import (
    accept_quote,
    advance_orders,
    cancel_order,
    quote_for_customer,
    renew_quote,
    set_due_date,
)
from tests.factories.accounts import CreditAccountFactory, UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, pay, purchase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def accept(order, po_number="PO 7", payables_email="ap@example.com"):
    return accept_quote(
        order=order, po_number=po_number, payables_email=payables_email, actor=order.buyer
    )


def recipients(name):
    mails = OutboundMail.objects.filter(name=f"purchasing.{name}").order_by("recipient")
    return list(mails.values_list("recipient", flat=True))


def renew(order, total="18000.00"):
    return renew_quote(order=order, total=Decimal(total), actor=order.buyer)


# --- Accepted ----------------------------------------------------------------------------------
def test_an_accepted_quote_awaits_its_payment_for_thirty_days():
    order = accept(OrderFactory())
    assert (order.status, order.due_on) == ("awaiting", date(2026, 4, 9))


def test_an_accepted_quote_says_when_and_by_whom(moving_clock):
    order = accept(OrderFactory())
    assert (order.accepted_at, order.accepted_by) == (moving_clock.moment, f"user:{order.buyer.pk}")


def test_the_invoice_goes_to_owner_and_accounts_payable():
    order = accept(OrderFactory())
    assert recipients("invoice") == [order.buyer.email]
    assert recipients("invoice_for_payables") == ["ap@example.com"]


def test_an_owner_who_is_accounts_payable_gets_one_invoice():
    order = OrderFactory()
    accept(order, payables_email=order.buyer.email)
    assert (len(recipients("invoice")), recipients("invoice_for_payables")) == (1, [])


def test_the_quote_stays_as_it_was_accepted():
    order = accept(OrderFactory())
    assert order.documents.get(kind="quote").replaced_at is None


@pytest.mark.parametrize(("days", "accepted"), [(30, True), (31, False)])
def test_a_quote_can_be_accepted_up_to_its_last_day(moving_clock, days, accepted):
    order = OrderFactory()
    moving_clock.advance(days=days)
    if accepted:
        assert accept(order).accepted_at
    else:
        with pytest.raises(QuoteExpired):
            accept(order)


def test_a_due_date_that_staff_set_before_stands():
    order = set_due_date(order=OrderFactory(), due_on=date(2026, 6, 1))
    assert accept(order).due_on == date(2026, 6, 1)


def test_the_price_of_an_accepted_quote_stands(moving_clock):
    order = accept(OrderFactory())
    dearer = PriceList.objects.create(name="dearer", starts_at=moving_clock.moment)
    dearer.tiers.create(minimum=1, unit_price=2)
    moving_clock.advance(days=40)
    advance_orders()
    order.refresh_from_db()
    assert (order.status, order.total) == ("awaiting", Decimal(18_000))


def test_a_cancelled_quote_is_not_accepted():
    order = cancel_order(order=OrderFactory(), actor="job:test")
    with pytest.raises(OrderClosed):
        accept(order)


def test_money_for_a_quote_that_nobody_accepted_grants_the_credits():
    order = OrderFactory()
    pay(order)
    order.refresh_from_db()
    assert order.is_paid


def test_an_unpaid_card_order_can_be_invoiced():
    order = accept(OrderFactory(method="card"))
    assert (order.method, order.documents.get().kind) == ("transfer", "invoice")


# --- Issued again ------------------------------------------------------------------------------
def test_a_new_quote_replaces_the_old_one(moving_clock):
    order = OrderFactory()
    moving_clock.advance(days=31)
    advance_orders()
    renew(order)
    papers = order.documents.order_by("pk").values_list("number", "replaced_at")
    assert list(papers) == [
        ("QU-2026-000001", moving_clock.moment),
        ("QU-2026-000002", None),
    ]


def test_a_renewed_quote_holds_for_thirty_days_more(moving_clock):
    order = OrderFactory()
    moving_clock.advance(days=31)
    advance_orders()
    order = renew(order)
    assert (order.status, order.quote_valid_until) == ("quoted", date(2026, 5, 10))


def test_a_new_quote_has_todays_tax():
    order = OrderFactory(credits=100, country="DE")
    TaxRule.objects.create(country="DE", rate=19, note="VAT")
    with pytest.raises(PriceChanged):
        renew(order, "100.00")
    assert renew(order, "119.00").tax == 19


def test_money_that_came_for_the_old_quote_counts(moving_clock):
    order = OrderFactory()
    moving_clock.advance(days=31)
    advance_orders()
    pay(order)
    assert renew(order).is_paid


def test_an_accepted_order_is_not_quoted_again():
    order = accept(OrderFactory())
    with pytest.raises(OrderClosed):
        renew(order)


# --- In a customer's name ----------------------------------------------------------------------
def made_for(email, staff=None, key="k", **fields):
    fields = {"new_account_name": "Acme"} | fields
    return quote_for_customer(
        email=email, name="Cora", purchase=purchase(**fields), staff=staff or UserFactory(), key=key
    )


def test_a_customer_without_a_user_gets_one_that_has_no_password():
    order = made_for("cora@example.com")
    user = User.objects.get(email="cora@example.com")
    assert (order.account.owner, user.name, user.has_usable_password()) == (user, "Cora", False)


def test_a_known_customers_account_is_used_whatever_the_case_of_its_name():
    account = CreditAccountFactory(name="ACME")
    assert made_for(account.owner.email).account == account


def test_another_name_opens_another_account():
    account = CreditAccountFactory(name="Northwind")
    order = made_for(account.owner.email)
    assert CreditAccount.objects.filter(owner=account.owner).count() == 2
    assert order.account.name == "Acme"


def test_an_account_of_somebody_else_with_that_name_is_left_alone():
    stranger = CreditAccountFactory(name="Acme")
    assert made_for("cora@example.com").account != stranger


def test_staff_who_make_a_quote_are_on_record():
    staff = UserFactory()
    order = made_for("cora@example.com", staff)
    assert (order.placed_by, order.buyer.email) == (f"user:{staff.pk}", "cora@example.com")


def test_the_customer_is_mailed_the_quote():
    made_for("cora@example.com")
    assert recipients("quote") == ["cora@example.com"]


def test_the_same_form_twice_makes_one_quote():
    staff = UserFactory()
    assert made_for("cora@example.com", staff) == made_for("cora@example.com", staff)


def test_a_paid_order_is_not_quoted_again():
    order = PaidOrderFactory()
    with pytest.raises(OrderClosed):
        renew(order)
