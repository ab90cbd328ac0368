"""Tests of purchasing.services.disputes: the bank takes money back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts import ledger
from accounts.models import Freeze
from accounts.services import freeze, release
from credits_portal.outbox.models import OutboundMail
from purchasing.models import Dispute, Refund, Shortfall
from purchasing.services.disputes import record_dispute
from purchasing.services.refunds import record_provider_refund
from tests.factories.accounts import DelegateFactory
from tests.factories.purchasing import OrderFactory, paid_by_card, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

OPENED = datetime(2026, 3, 9, 8, tzinfo=UTC)


def dispute(payment, status="open", amount=None, external_id="dp_1"):
    return record_dispute(
        payment=payment,
        external_id=external_id,
        amount=payment.amount if amount is None else Decimal(amount),
        currency=payment.currency,
        status=status,
        opened_at=OPENED,
    )


def paid_back(payment, amount):
    return record_provider_refund(
        payment=payment,
        external_id="re_1",
        amount=Decimal(amount),
        currency="USD",
        status="done",
        made_on=date(2026, 3, 10),
    )


def spend(order, credits):
    return ledger.redeem(
        account=order.account, credits=credits, fits=None, key="s", actor="job:test", reason="class"
    )


def give_back(entry, credits):
    ledger.restore(entry=entry, credits=credits, key="back", actor="job:test", reason="cancelled")


def lot_of(order):
    order.refresh_from_db()
    order.lot.refresh_from_db()
    return order.lot


def is_frozen(order):
    order.account.refresh_from_db()
    return order.account.is_frozen


@pytest.fixture
def order():
    return paid_by_card()[0]


@pytest.fixture
def payment(order):
    return order.payments.get()


def test_a_dispute_withdraws_what_its_money_stands_for(order, payment):
    dispute(payment)
    assert (lot_of(order).available, Dispute.objects.get().credits) == (0, 20_000)


def test_a_dispute_about_a_part_withdraws_a_part(order, payment):
    dispute(payment, amount="4000")
    assert lot_of(order).available == 15_000


def test_a_dispute_misses_what_was_spent(order, payment):
    spend(order, 15_000)
    dispute(payment)
    row = Shortfall.objects.get()
    assert (row.credits, row.dispute, row.closed_at) == (15_000, Dispute.objects.get(), None)


def test_a_dispute_freezes_the_account(order, payment):
    dispute(payment)
    row = Dispute.objects.get()
    assert (is_frozen(order), Freeze.objects.get().source) == (True, f"dispute:{row.pk}")


def test_a_freeze_is_told_to_owner_and_delegates_with_its_reason(order, payment):
    DelegateFactory(account=order.account, active=True)
    dispute(payment)
    mails = OutboundMail.objects.filter(name="accounts.account_frozen")
    reasons = {mail.params["reason"] for mail in mails}
    assert (len(mails), reasons) == (2, {f"The payment of order {order.number} is disputed."})


@pytest.mark.parametrize("status", ["open", "won", "lost"])
def test_staff_are_told_how_a_dispute_stands(payment, settings, status):
    dispute(payment, status)
    mail = OutboundMail.objects.get(name="purchasing.dispute")
    assert (mail.recipient, mail.params["status"]) == (settings.SUPPORT_EMAIL, status)


def test_a_repeated_dispute_is_one(order, payment):
    dispute(payment)
    dispute(payment)
    assert (Dispute.objects.count(), lot_of(order).withdrawn) == (1, 20_000)
    assert OutboundMail.objects.filter(name="purchasing.dispute").count() == 1


def test_a_dispute_won_gives_back_what_it_took_to_the_same_lot(order, payment):
    dispute(payment)
    dispute(payment, "won")
    assert (lot_of(order).available, Dispute.objects.get().credits) == (20_000, 0)


def test_a_dispute_won_gives_back_what_its_shortfall_recovered(order, payment):
    entry = spend(order, 15_000)
    dispute(payment)
    give_back(entry, 4_000)
    dispute(payment, "won")
    lot = lot_of(order)
    assert (lot.available, lot.redeemed, lot.withdrawn) == (9_000, 11_000, 0)


def test_a_dispute_won_misses_nothing_any_more(order, payment):
    entry = spend(order, 15_000)
    dispute(payment)
    dispute(payment, "won")
    give_back(entry, 4_000)
    assert (lot_of(order).available, Shortfall.objects.filter(closed_at=None).count()) == (9_000, 0)


def test_a_dispute_won_lifts_its_freeze(order, payment):
    dispute(payment)
    dispute(payment, "won")
    assert not is_frozen(order)


def test_a_dispute_won_leaves_the_freeze_of_staff(order, payment):
    freeze(account=order.account, reason="Asked by the owner.")
    dispute(payment)
    dispute(payment, "won")
    assert is_frozen(order)


def test_two_disputes_hold_an_account_until_both_are_won(order, payment):
    dispute(payment, amount="100")
    dispute(payment, amount="100", external_id="dp_2")
    dispute(payment, "won", amount="100")
    assert is_frozen(order)


def test_a_dispute_lost_keeps_the_account_frozen(order, payment):
    dispute(payment)
    dispute(payment, "lost")
    assert is_frozen(order)


def test_staff_release_the_freeze_of_a_lost_dispute_for_good(order, payment):
    row = dispute(payment, "lost")
    release(account=order.account, reason="Settled.", source=f"dispute:{row.pk}")
    dispute(payment, "lost")
    dispute(payment, "open")
    assert not is_frozen(order)


def test_an_order_whose_money_is_lost_is_refunded(order, payment):
    dispute(payment)
    order.refresh_from_db()
    assert order.status == "paid"
    dispute(payment, "lost")
    order.refresh_from_db()
    assert order.status == "refunded"


@pytest.mark.parametrize("final", ["won", "lost"])
@pytest.mark.parametrize("told", [["open", 1], [1, "open"], [1, 1, "open", 1], ["open", "open", 1]])
def test_a_decision_beats_the_opening_however_it_was_told(order, payment, told, final):
    for status in told:
        dispute(payment, final if status == 1 else status)
    row = Dispute.objects.get()
    available = 20_000 if final == "won" else 0
    assert (row.status, lot_of(order).available, is_frozen(order)) == (
        final,
        available,
        final == "lost",
    )


def test_credits_that_come_back_late_have_60_days(order, payment, moving_clock):
    dispute(payment)
    moving_clock.set(2027, 3, 1, 12)
    dispute(payment, "won")
    new = order.account.lots.latest("pk")
    assert (new.available, new.unit_price, new.last_day, lot_of(order).available) == (
        20_000,
        Decimal("0.8"),
        date(2027, 4, 30),
        0,
    )


def test_credits_that_expired_meanwhile_come_back_at_no_price(order, payment, moving_clock):
    dispute(payment)
    moving_clock.set(2027, 4, 1, 12)
    dispute(payment, "won")
    new = order.account.lots.latest("pk")
    assert (new.available, new.unit_price, lot_of(order).expired) == (20_000, 0, 20_000)


def test_what_came_back_late_still_answers_for_the_order(order, payment, moving_clock):
    dispute(payment)
    moving_clock.set(2027, 3, 1, 12)
    dispute(payment, "won")
    paid_back(payment, "4000")
    assert order.account.lots.latest("pk").available == 15_000


def test_what_a_dispute_gives_back_pays_what_a_refund_misses(order, payment):
    dispute(payment)
    paid_back(payment, "4000")
    dispute(payment, "won")
    assert (lot_of(order).available, Refund.objects.get().credits) == (15_000, 5_000)


def test_refund_and_dispute_end_the_same_in_either_order(order, payment):
    paid_back(payment, "4000")
    dispute(payment)
    dispute(payment, "won")
    assert (lot_of(order).available, Refund.objects.get().credits) == (15_000, 5_000)


def test_a_dispute_about_the_duplicate_takes_no_credits(order):
    twice = pay(order, provider="stripe", external_id="pi_twice")
    dispute(twice)
    assert (lot_of(order).available, is_frozen(order)) == (20_000, True)


def test_a_dispute_about_an_unpaid_order_freezes_all_the_same():
    order = OrderFactory()
    dispute(pay(order, "100", provider="stripe", external_id="pi_part"))
    assert is_frozen(order)


def test_money_received_while_disputed_is_still_credited(order, payment):
    dispute(payment)
    other, _payment = paid_by_card(account=order.account)
    assert lot_of(other).available == 20_000


def test_after_all_this_the_ledger_holds(order, payment, moving_clock):
    entry = spend(order, 15_000)
    dispute(payment)
    give_back(entry, 4_000)
    moving_clock.set(2027, 3, 1, 12)
    dispute(payment, "won")
    paid_back(payment, "4000")
    assert ledger.verify() == []
