"""Tests of purchasing.services.undo: a receipt that was booked on the wrong order."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError

from accounts import ledger
from credits_portal.outbox.models import OutboundMail
from purchasing.exceptions import UndoRefused
from purchasing.models import Document, Order, Payment
from purchasing.services import accept_quote, write_off_shortfall
from purchasing.services.refunds import request_refund
from purchasing.services.undo import is_undoable, undo_payment
from reports.verification import verify
from tests.factories.accounts import UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, paid_by_card, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def undo(payment, actor="job:test"):
    return undo_payment(payment=payment, reason="Booked on the wrong order.", actor=actor)


@pytest.fixture
def order():
    return OrderFactory()


@pytest.fixture
def payment(order):
    payment = pay(order, external_id="BANK-1")
    order.refresh_from_db()
    return payment


def refused(payment):
    with pytest.raises(UndoRefused) as caught:
        undo(payment)
    return caught.value.code


def test_the_order_waits_for_its_money_again(order, payment):
    undo(payment)
    order.refresh_from_db()
    assert (order.status, order.lot, order.paid_at, order.amount_due()) == (
        "quoted",
        None,
        None,
        order.total,
    )


def test_an_accepted_order_awaits_its_payment_again(order):
    accept_quote(order=order, po_number="", payables_email="", actor="job:test")
    undo(pay(order))
    order.refresh_from_db()
    assert order.status == "awaiting"


def test_what_was_written_off_for_it_is_undone_with_it(order):
    transfer = pay(order, amount=order.total - 20)
    write_off_shortfall(order=order, reason="The bank kept it.", actor="job:test")
    undo(transfer)
    order.refresh_from_db()
    assert order.amount_due() == order.total


def test_an_excess_is_undone_without_what_was_written_off(order):
    pay(order, amount=order.total - 20, external_id="BANK-2")
    write_off_shortfall(order=order, reason="The bank kept it.", actor="job:test")
    undo(pay(order, external_id="BANK-3"))
    order.refresh_from_db()
    assert (order.is_paid, order.amount_due()) == (True, 0)


def test_the_lot_is_withdrawn_whole(order, payment):
    lot = order.lot
    undo(payment)
    lot.refresh_from_db()
    assert (lot.available, lot.withdrawn) == (0, 18_000)


def test_the_payment_says_who_undid_it_when_and_why(payment, moving_clock):
    staff = UserFactory()
    row = undo(payment, actor=staff)
    assert (row.undone_at, row.undone_by, row.undone_reason) == (
        moving_clock.moment,
        f"user:{staff.pk}",
        "Booked on the wrong order.",
    )


def test_the_owner_is_told(order, payment):
    undo(payment)
    mail = OutboundMail.objects.get(name="purchasing.payment_undone")
    assert mail.recipient == order.account.owner.email


def test_undoing_twice_is_undoing_once(order, payment):
    undo(payment)
    undo(payment)
    assert OutboundMail.objects.filter(name="purchasing.payment_undone").count() == 1


def test_the_receipt_is_replaced(order, payment):
    undo(payment)
    assert Document.objects.get(kind="receipt").replaced_at is not None


def test_the_reference_is_booked_on_the_right_order(payment):
    undo(payment)
    right = OrderFactory()
    pay(right, external_id="BANK-1")
    right.refresh_from_db()
    assert right.lot.available == 18_000


def test_a_reference_that_stands_is_booked_once(payment):
    copy = Payment.objects.get(pk=payment.pk)
    copy.pk = None
    with pytest.raises(IntegrityError):
        copy.save()


def test_a_later_payment_grants_a_new_lot(order, payment):
    first = order.lot
    undo(payment)
    pay(order, external_id="BANK-2")
    order.refresh_from_db()
    assert (order.status, order.lot.available, order.lot != first) == ("paid", 18_000, True)


def test_a_later_payment_is_confirmed_again(order, payment):
    undo(payment)
    pay(order, external_id="BANK-2")
    assert OutboundMail.objects.filter(name="purchasing.payment_received").count() == 2


def test_the_new_lot_has_a_key_of_its_own(order, payment):
    undo(payment)
    undo(pay(order, external_id="BANK-2"))
    pay(order, external_id="BANK-3")
    issued = order.account.entries.filter(kind="issue").values_list("key", flat=True)
    number = f"order:{order.number}"
    assert list(issued) == [number, f"{number}:2", f"{number}:3"]


def test_the_ledger_and_the_orders_agree(order, payment):
    undo(payment)
    assert verify() == []
    pay(order, external_id="BANK-2")
    assert verify() == []


def test_an_order_without_a_lot_that_was_not_withdrawn_is_found(order, payment):
    Order.objects.filter(pk=order.pk).update(lot=None, status="awaiting", paid_at=None)
    assert {violation.invariant for violation in verify()} == {"I8"}


def test_two_lots_of_one_order_are_found(order, payment):
    lot = order.lot
    ledger.issue(
        account=order.account,
        credits=lot.credits,
        unit_price=lot.unit_price,
        purchased_on=lot.purchased_on,
        last_day=lot.last_day,
        key=f"order:{order.number}:2",
        actor="job:test",
        reason="a fault",
    )
    assert [violation.invariant for violation in verify()] == ["I8"]


def test_the_excess_of_an_order_is_undone_without_its_lot(order, payment):
    second = pay(order, "5.00", external_id="BANK-2")
    undo(second)
    order.refresh_from_db()
    assert (order.status, order.lot.available) == ("paid", 18_000)


def test_a_part_payment_is_undone_silently(order):
    undo(pay(order, "100.00"))
    assert order.amount_received() == 0
    assert not OutboundMail.objects.filter(name="purchasing.payment_undone").exists()


def test_spent_credits_stand_against_it(order, payment):
    ledger.redeem(
        account=order.account, credits=1, fits=None, key="s", actor="job:test", reason="class"
    )
    assert refused(payment) == "spent"


def test_held_credits_stand_against_it(order, payment):
    ledger.hold(
        account=order.account, credits=1, fits=None, key="h", actor="job:test", reason="asked"
    )
    assert refused(payment) == "spent"


def test_expired_credits_stand_against_it(payment, moving_clock):
    moving_clock.set(2027, 3, 12)
    assert refused(payment) == "spent"


def test_a_refund_stands_against_it(order, payment):
    request_refund(order=order, payment=payment, credits=1, reason="x", actor="job:test", key="k")
    assert refused(payment) == "money_back"


def test_a_card_payment_is_refunded_not_undone():
    _order, payment = paid_by_card()
    assert refused(payment) == "not_by_hand"


def test_a_refusal_changes_nothing(order, payment):
    ledger.redeem(
        account=order.account, credits=1, fits=None, key="s", actor="job:test", reason="class"
    )
    refused(payment)
    payment.refresh_from_db()
    assert (payment.undone_at, is_undoable(payment)) == (None, False)


def test_the_year_of_the_new_lot_runs_from_its_own_payment(order, payment, moving_clock):
    undo(payment)
    moving_clock.set(2026, 5, 4, 12)
    pay(order, external_id="BANK-2")
    order.refresh_from_db()
    assert order.lot.last_day == date(2027, 5, 4)


def test_two_parts_of_one_order_are_undone_one_by_one(order):
    first, second = (pay(order, Decimal(9_000)) for _ in range(2))
    undo(first)
    undo(second)
    assert (order.amount_received(), verify()) == (0, [])


def test_nothing_paid_is_undoable_only_once(payment):
    undo(payment)
    payment.refresh_from_db()
    assert not is_undoable(payment)


def test_a_paid_order_of_somebody_else_is_left_alone(payment):
    other = PaidOrderFactory()
    undo(payment)
    other.refresh_from_db()
    assert other.status == "paid"
