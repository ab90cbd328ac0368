"""Tests of purchasing.services.lifecycle: what time does to orders, each step once."""

from datetime import date

import pytest

from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from purchasing.exceptions import DueDateRefused, OrderClosed
from purchasing.services import (
    Billing,
    accept_quote,
    advance_orders,
    cancel_order,
    correct_billing,
    lifecycle,
    reopen_order,
    set_due_date,
)
from purchasing.services.disputes import record_dispute
from purchasing.tasks import advance_orders as task
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, RefundFactory, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


@pytest.fixture
def invoiced():
    order = OrderFactory()
    return accept_quote(
        order=order, po_number="", payables_email="ap@example.com", actor=order.buyer
    )


def mails(name):
    rows = OutboundMail.objects.filter(name=f"purchasing.{name}")
    return sorted(rows.values_list("recipient", flat=True))


def status_of(order):
    order.refresh_from_db()
    return order.status


# --- Quotes ------------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "status"), [(30, "quoted"), (31, "expired")])
def test_a_quote_expires_after_its_last_day(moving_clock, days, status):
    order = OrderFactory()
    moving_clock.advance(days=days)
    advance_orders()
    assert status_of(order) == status


def test_the_days_of_a_quote_are_a_setting(settings, moving_clock):
    settings.QUOTE_DAYS = 5
    order = OrderFactory()
    moving_clock.advance(days=6)
    advance_orders()
    assert status_of(order) == "expired"


def test_a_card_order_that_nobody_paid_ends_with_its_price(moving_clock):
    order = OrderFactory(method="card")
    moving_clock.advance(days=31)
    advance_orders()
    assert status_of(order) == "expired"


def test_a_quote_for_which_money_came_stays_open(moving_clock):
    order = OrderFactory()
    pay(order, "100.00")
    moving_clock.advance(days=31)
    advance_orders()
    assert status_of(order) == "quoted"


def test_a_quote_for_which_money_came_while_the_job_ran_stays_open(moving_clock, monkeypatch):
    order = OrderFactory()
    moving_clock.advance(days=31)
    monkeypatch.setattr(lifecycle, "quotes_over", lambda: [order])
    pay(order, amount=order.total - 100)
    advance_orders()
    assert status_of(order) == "quoted"


def test_an_expired_quote_is_not_mailed_about(moving_clock):
    OrderFactory()
    moving_clock.advance(days=31)
    before = OutboundMail.objects.count()
    advance_orders()
    assert OutboundMail.objects.count() == before


# --- Reminders ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "sent"), [(29, 0), (30, 2), (31, 2), (43, 2), (44, 2), (89, 2), (90, 0)]
)
def test_owner_and_accounts_payable_are_reminded_from_the_due_date(
    invoiced, moving_clock, days, sent
):
    moving_clock.advance(days=days)
    advance_orders()
    assert len(mails("invoice_due")) == sent


def test_each_reminder_is_sent_once_however_often_the_job_runs(invoiced, moving_clock):
    for _day in range(60):
        moving_clock.advance(days=1)
        advance_orders()
        advance_orders()
    both = sorted(["ap@example.com", invoiced.buyer.email] * 2)
    assert mails("invoice_due") == both


def test_a_late_job_sends_the_step_that_is_due_now(invoiced, moving_clock):
    moving_clock.advance(days=50)
    advance_orders()
    steps = OutboundMail.objects.filter(name="purchasing.invoice_due")
    assert {mail.params["step"] for mail in steps} == {2}


def test_a_reminded_order_is_not_looked_at_again(invoiced, moving_clock, django_assert_num_queries):
    moving_clock.advance(days=30)
    advance_orders()
    with django_assert_num_queries(4):
        advance_orders()


def test_a_new_due_date_is_reminded_of_again(invoiced, moving_clock):
    moving_clock.advance(days=30)
    advance_orders()
    set_due_date(order=invoiced, due_on=date(2026, 4, 20))
    moving_clock.advance(days=11)
    advance_orders()
    assert len(mails("invoice_due")) == 4


def test_a_corrected_invoice_is_not_reminded_of_twice(invoiced, moving_clock):
    moving_clock.advance(days=30)
    advance_orders()
    billing = Billing(country="US", po_number="8", payables_email="ap@example.com")
    correct_billing(order=invoiced, billing=billing, actor=invoiced.buyer)
    advance_orders()
    assert len(mails("invoice_due")) == 2


def test_a_paid_invoice_is_not_reminded_of(invoiced, moving_clock):
    pay(invoiced)
    moving_clock.advance(days=30)
    advance_orders()
    assert mails("invoice_due") == []


def test_an_order_that_cannot_be_looked_after_holds_up_no_other(invoiced, moving_clock):
    invoiced.documents.all().delete()
    other = OrderFactory()
    accept_quote(order=other, po_number="", payables_email="", actor="job:test")
    moving_clock.advance(days=30)
    advance_orders()
    assert mails("invoice_due") == [other.buyer.email]


# --- The end -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "status"), [(89, "awaiting"), (90, "cancelled")])
def test_an_invoice_is_cancelled_sixty_days_after_its_due_date(
    invoiced, moving_clock, days, status
):
    moving_clock.advance(days=days)
    advance_orders()
    assert status_of(invoiced) == status


def test_the_cancellation_is_mailed_once(invoiced, moving_clock):
    moving_clock.advance(days=90)
    advance_orders()
    advance_orders()
    assert mails("order_cancelled") == sorted(["ap@example.com", invoiced.buyer.email])


def test_staff_open_it_again_with_a_new_due_date(invoiced, moving_clock):
    moving_clock.advance(days=90)
    advance_orders()
    order = reopen_order(order=invoiced, due_on=date(2026, 7, 1), actor="job:test")
    current = order.documents.get(kind="invoice", replaced_at=None)
    assert (order.status, order.cancelled_at, current.facts["due_on"]) == (
        "awaiting",
        None,
        "2026-07-01",
    )


def test_an_order_opened_again_is_reminded_and_cancelled_again(invoiced, moving_clock):
    moving_clock.advance(days=90)
    advance_orders()
    reopen_order(order=invoiced, due_on=date(2026, 6, 20), actor="job:test")
    moving_clock.advance(days=12)
    advance_orders()
    moving_clock.advance(days=60)
    advance_orders()
    assert (len(mails("invoice_due")), len(mails("order_cancelled"))) == (2, 4)


def test_money_that_came_after_the_end_counts_when_it_is_opened_again(invoiced):
    cancel_order(order=invoiced, actor="job:test")
    pay(invoiced)
    order = reopen_order(order=invoiced, due_on=date(2026, 7, 1), actor="job:test")
    assert order.is_paid


def test_money_that_the_bank_took_back_meanwhile_grants_no_credits(invoiced):
    cancel_order(order=invoiced, actor="job:test")
    record_dispute(
        payment=pay(invoiced),
        external_id="dp_1",
        amount=invoiced.total,
        currency="USD",
        status="open",
        opened_at=clock.now(),
    )
    order = reopen_order(order=invoiced, due_on=date(2026, 7, 1), actor="job:test")
    order.lot.refresh_from_db()
    assert (order.lot.available, order.lot.withdrawn) == (0, order.credits)


def test_an_order_whose_money_went_back_stays_closed(invoiced):
    cancel_order(order=invoiced, actor="job:test")
    RefundFactory(order=invoiced)
    with pytest.raises(OrderClosed):
        reopen_order(order=invoiced, due_on=date(2026, 7, 1), actor="job:test")


def test_an_expired_quote_can_be_opened_at_its_own_price(moving_clock):
    order = OrderFactory()
    moving_clock.advance(days=31)
    advance_orders()
    assert reopen_order(order=order, due_on=date(2026, 7, 1), actor="job:test").accepted_at


# --- The due date ------------------------------------------------------------------------------
def test_a_new_due_date_is_printed_on_a_new_invoice(invoiced):
    set_due_date(order=invoiced, due_on=date(2026, 5, 1))
    current = invoiced.documents.get(kind="invoice", replaced_at=None)
    assert (current.number, current.facts["due_on"]) == ("IN-2026-000002", "2026-05-01")


def test_the_same_due_date_again_issues_nothing(invoiced):
    set_due_date(order=invoiced, due_on=invoiced.due_on)
    assert invoiced.documents.filter(kind="invoice").count() == 1


def test_an_invoice_is_not_due_in_the_past(invoiced):
    with pytest.raises(DueDateRefused):
        set_due_date(order=invoiced, due_on=date(2026, 3, 9))


def test_a_paid_order_has_no_due_date_to_set():
    with pytest.raises(OrderClosed):
        set_due_date(order=PaidOrderFactory(), due_on=date(2026, 5, 1))


def test_the_task_does_what_is_due(invoiced, moving_clock):
    moving_clock.advance(days=90)
    task()
    assert status_of(invoiced) == "cancelled"
