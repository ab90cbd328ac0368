"""Tests of purchasing.services.payments: money in, credits once."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.ledger import AccountFrozen, CreditLot, balance
from credits_portal.outbox.models import OutboundMail
from purchasing.exceptions import PaymentRefused, PaymentReused
from purchasing.models import Order, Payment
from purchasing.services import cancel_order, preview
from purchasing.signals import order_paid
from tests.factories.accounts import CreditAccountFactory, UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

TODAY = date(2026, 3, 10)


def confirmations(order):
    mails = OutboundMail.objects.filter(name="purchasing.payment_received")
    return list(mails.filter(recipient=order.account.owner.email))


def test_a_full_payment_makes_the_lot_of_the_order():
    order = PaidOrderFactory(credits=20_000)
    lot = order.lot
    assert (lot.account, lot.available, lot.unit_price, lot.purchased_on, lot.last_day) == (
        order.account,
        20_000,
        Decimal("0.80"),
        TODAY,
        date(2027, 3, 10),
    )


def test_a_paid_order_says_so(moving_clock):
    order = PaidOrderFactory()
    assert (order.status, order.paid_at) == ("paid", moving_clock.moment)


def test_the_first_payment_makes_the_passkey():
    assert PaidOrderFactory().account.passkeys.count() == 1


def test_a_later_payment_keeps_the_passkey():
    account = PaidOrderFactory().account
    PaidOrderFactory(account=account)
    assert account.passkeys.count() == 1


def test_a_payment_is_confirmed_by_one_mail():
    assert len(confirmations(PaidOrderFactory())) == 1


def test_the_first_confirmation_knows_that_the_passkey_is_new():
    first = PaidOrderFactory()
    second = PaidOrderFactory(account=first.account)
    news = {mail.params["order"]: mail.params["is_first"] for mail in confirmations(first)}
    assert news == {first.pk: True, second.pk: False}


def test_the_signal_names_the_order_and_its_lot():
    heard = []

    def listen(order, lot, **kwargs):
        heard.append((order, lot))

    order_paid.connect(listen)
    order = PaidOrderFactory()
    order_paid.disconnect(listen)
    assert heard == [(order, order.lot)]


def test_the_same_payment_twice_is_one_payment_and_one_lot():
    order = OrderFactory()
    first = pay(order, external_id="BANK-1")
    assert pay(order, external_id="BANK-1") == first
    assert (Payment.objects.count(), CreditLot.objects.count()) == (1, 1)


@pytest.mark.parametrize("other", [{"amount": "17.00"}, {"currency": "EUR"}])
def test_a_reference_stands_for_one_amount(other):
    order = OrderFactory()
    pay(order, "18.00", external_id="BANK-1")
    with pytest.raises(PaymentReused):
        pay(order, **{"amount": "18.00"} | other, external_id="BANK-1")


def test_a_reference_stands_for_one_order():
    pay(OrderFactory(), external_id="BANK-1")
    with pytest.raises(PaymentReused):
        pay(OrderFactory(), external_id="BANK-1")


def test_a_part_payment_grants_nothing():
    order = OrderFactory()
    pay(order, "17999.99")
    order.refresh_from_db()
    assert (order.status, order.lot, str(order.amount_due())) == ("quoted", None, "0.01")


def test_the_payment_that_completes_the_order_grants_all_of_it():
    order = OrderFactory()
    pay(order, "10000.00")
    pay(order, "8000.00")
    assert balance(account=order.account).available == 18_000


def test_the_year_runs_from_the_last_receipt_that_the_order_needed():
    order = OrderFactory()
    pay(order, "8000.00", received_on=date(2026, 3, 9))
    pay(order, "10000.00", received_on=date(2026, 3, 8))
    assert CreditLot.objects.get().purchased_on == date(2026, 3, 9)


def test_a_payment_in_another_currency_grants_nothing():
    order = OrderFactory()
    pay(order, currency="EUR")
    order.refresh_from_db()
    assert (order.status, list(Order.objects.with_foreign_money())) == ("quoted", [order])


def test_an_overpayment_grants_the_order_once_and_is_listed():
    order = PaidOrderFactory()
    PaidOrderFactory()
    pay(order, "5.00")
    assert (CreditLot.objects.count(), list(Order.objects.overpaid())) == (2, [order])


def test_paid_twice_with_two_references_is_one_lot_and_an_excess():
    order = OrderFactory()
    pay(order)
    pay(order)
    assert (CreditLot.objects.count(), Order.objects.overpaid().get().received) == (1, 36_000)


def test_money_for_a_cancelled_order_is_recorded_and_grants_nothing():
    order = OrderFactory()
    cancel_order(order=order, actor="job:test")
    pay(order)
    assert (CreditLot.objects.count(), list(Order.objects.paid_after_end())) == (0, [order])


def test_a_part_payment_of_an_open_order_is_no_exception():
    pay(OrderFactory(), "5.00")
    found = [Order.objects.overpaid(), Order.objects.paid_after_end()]
    assert [list(each) for each in found] == [[], []]


def test_a_transfer_received_yesterday_starts_the_year_yesterday():
    order = PaidOrderFactory(received_on=date(2026, 3, 9))
    assert (order.lot.purchased_on, order.lot.last_day) == (date(2026, 3, 9), date(2027, 3, 9))


def test_a_transfer_booked_late_starts_the_year_with_the_booking():
    order = PaidOrderFactory(received_on=date(2026, 3, 6))
    stored = order.payments.values_list("received_on", "booked_at__date").get()
    assert (order.lot.purchased_on, stored) == (TODAY, (date(2026, 3, 6), TODAY))


@pytest.mark.parametrize("amount", ["0", "-1.00", "1.001", "NaN", "Infinity"])
def test_an_amount_that_is_no_money_is_refused(amount):
    with pytest.raises(PaymentRefused):
        pay(OrderFactory(), amount)


@pytest.mark.parametrize("refused", [{"currency": "usd"}, {"received_on": date(2026, 3, 11)}])
def test_a_strange_currency_or_a_date_to_come_is_refused(refused):
    with pytest.raises(PaymentRefused):
        pay(OrderFactory(), **refused)


def test_a_refused_payment_leaves_nothing_behind():
    with pytest.raises(PaymentRefused):
        pay(OrderFactory(), "0")
    assert Payment.objects.count() == 0


def test_money_for_a_frozen_account_is_still_credited():
    account = CreditAccountFactory(status="frozen")
    PaidOrderFactory(account=account)
    assert balance(account=account).available == 18_000


def test_a_payment_names_who_booked_it():
    staff = UserFactory()
    assert pay(OrderFactory(), actor=staff).actor == f"user:{staff.pk}"


def test_a_failing_listener_takes_the_payment_back():
    def refuse(**kwargs):
        raise AccountFrozen

    order = OrderFactory()
    order_paid.connect(refuse)
    try:
        with pytest.raises(AccountFrozen):
            pay(order)
    finally:
        order_paid.disconnect(refuse)
    order.refresh_from_db()
    assert (order.status, Payment.objects.count(), CreditLot.objects.count()) == ("quoted", 0, 0)


def test_a_preview_of_the_whole_amount_grants():
    order = OrderFactory()
    seen = preview(order=order, amount=order.total, currency="USD", received_on=TODAY)
    assert (seen.grants, seen.due, seen.excess, seen.last_day) == (True, 0, 0, date(2027, 3, 10))


def test_a_preview_of_a_part_tells_what_is_left():
    order = OrderFactory()
    seen = preview(order=order, amount=Decimal(8_000), currency="USD", received_on=TODAY)
    assert (seen.grants, seen.due, seen.excess) == (False, 10_000, 0)


def test_a_preview_of_too_much_tells_the_excess():
    order = OrderFactory()
    seen = preview(order=order, amount=Decimal(18_005), currency="USD", received_on=TODAY)
    assert (seen.grants, seen.excess) == (True, 5)


def test_a_preview_for_a_cancelled_order_is_all_excess():
    order = cancel_order(order=OrderFactory(), actor="job:test")
    seen = preview(order=order, amount=Decimal(18_000), currency="USD", received_on=TODAY)
    assert (seen.grants, seen.excess) == (False, 18_000)


def test_a_preview_in_another_currency_counts_nothing():
    order = OrderFactory()
    seen = preview(order=order, amount=Decimal(18_000), currency="EUR", received_on=TODAY)
    assert (seen.grants, seen.due) == (False, 18_000)
