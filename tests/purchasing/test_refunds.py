"""Tests of purchasing.services.refunds: money back, and the credits that stood for it."""

from datetime import date
from decimal import Decimal

import pytest

from accounts import ledger
from credits_portal.outbox.models import OutboundMail
from purchasing import stripe_gateway
from purchasing.exceptions import GatewayRefused, GatewayUnavailable, RefundRefused
from purchasing.models import Document, Order, Refund, Shortfall, TaxRule
from purchasing.services import cancel_order
from purchasing.services.cards import open_card_page, take_session
from purchasing.services.refund_delivery import pay_back_due
from purchasing.services.refunds import (
    give_up_refund,
    preview_refund,
    record_provider_refund,
    record_transfer_out,
    request_refund,
)
from reports.verification import verify
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, paid_by_card, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]

TODAY = date(2026, 3, 10)


def refund_of(order, payment=None, key="k1", **asked):
    return request_refund(
        order=order,
        payment=payment or order.payments.get(),
        reason="Course plans changed.",
        actor="job:test",
        key=key,
        **asked,
    )


def outside(payment, amount, status="done", external_id="re_1", **told):
    return record_provider_refund(
        payment=payment,
        external_id=external_id,
        amount=Decimal(amount),
        currency=told.pop("currency", "USD"),
        status=status,
        made_on=told.pop("made_on", TODAY),
        **told,
    )


def spend(order, credits, key="spend"):
    return ledger.redeem(
        account=order.account, credits=credits, fits=None, key=key, actor="job:test", reason="class"
    )


def give_back(entry, credits, key="back"):
    return ledger.restore(entry=entry, credits=credits, key=key, actor="job:test", reason="cancel")


def lot_of(order):
    order.refresh_from_db()
    order.lot.refresh_from_db()
    return order.lot


def missing():
    return [(row.credits, row.recovered) for row in Shortfall.objects.filter(closed_at=None)]


@pytest.fixture
def gateway(monkeypatch):
    """The card provider: answers as told, and remembers what it was asked."""

    class Gateway:
        asked: list = []
        answer = "succeeded"

        def refund(self, **asked):
            self.asked.append(asked)
            if isinstance(self.answer, Exception):
                raise self.answer
            return stripe_gateway.GatewayRefund(
                id=f"re_{asked['key']}",
                status=self.answer,
                payment_intent=asked["payment_intent"],
                amount=asked["amount"],
                currency=asked["currency"],
                key=asked["key"],
                made_at=None,
            )

    it = Gateway()
    it.asked = []
    monkeypatch.setattr(stripe_gateway, "refund", it.refund)
    return it


# --- In the portal -----------------------------------------------------------------------------
def test_a_refund_pays_the_price_that_was_paid_never_a_dollar():
    order = PaidOrderFactory(credits=20_000)
    spend(order, 15_000)
    plan = preview_refund(order=order, payment=order.payments.get(), credits=5_000)
    assert (plan.net, plan.tax, plan.amount, plan.left) == (4000, 0, 4000, 0)


def test_a_preview_takes_nothing():
    order = PaidOrderFactory(credits=20_000)
    preview_refund(order=order, payment=order.payments.get(), credits=5_000)
    assert lot_of(order).available == 20_000


def test_the_tax_goes_back_by_its_share():
    TaxRule.objects.create(country="DE", rate=19)
    order = PaidOrderFactory(credits=20_000, country="DE")
    plan = preview_refund(order=order, payment=order.payments.get(), credits=5_000)
    assert (plan.net, plan.tax) == (4000, 760)


def test_all_parts_add_up_to_what_was_paid():
    order = PaidOrderFactory(credits=20_001)
    parts = [refund_of(order, key=f"k{part}", credits=part).amount for part in (7, 13_333, 6_661)]
    assert sum(parts) == order.total


def test_the_credits_leave_with_the_request():
    order = PaidOrderFactory(credits=20_000)
    refund = refund_of(order, credits=5_000)
    lot = lot_of(order)
    assert (refund.status, lot.available, lot.withdrawn) == ("requested", 15_000, 5_000)


@pytest.mark.parametrize("credits", [5_001, 20_000])
def test_what_is_spent_is_not_refunded(credits):
    order = PaidOrderFactory(credits=20_000)
    spend(order, 15_000)
    with pytest.raises(RefundRefused) as refused:
        refund_of(order, credits=credits)
    assert refused.value.code == "no_credits"


def test_what_is_held_is_not_refunded():
    order = PaidOrderFactory(credits=20_000)
    ledger.hold(
        account=order.account, credits=1, fits=None, key="h", actor="job:test", reason="asked"
    )
    with pytest.raises(RefundRefused):
        refund_of(order, credits=20_000)


def test_credits_past_their_last_day_are_not_refunded(moving_clock):
    order = PaidOrderFactory()
    moving_clock.set(2027, 3, 12)
    with pytest.raises(RefundRefused):
        refund_of(order, credits=1)


def test_a_refused_refund_leaves_nothing_behind():
    order = PaidOrderFactory()
    with pytest.raises(RefundRefused):
        refund_of(order, credits=18_001)
    assert not Refund.objects.exists()


def test_a_double_click_makes_one_refund():
    order = PaidOrderFactory(credits=20_000)
    first = refund_of(order, credits=5_000)
    assert refund_of(order, credits=5_000) == first
    assert lot_of(order).withdrawn == 5_000


def test_a_key_stands_for_one_refund():
    order = PaidOrderFactory(credits=20_000)
    refund_of(order, credits=5_000)
    with pytest.raises(RefundRefused) as refused:
        refund_of(order, credits=6_000)
    assert refused.value.code == "key_reused"


def test_neither_credits_nor_amount_is_refused():
    with pytest.raises(RefundRefused):
        refund_of(PaidOrderFactory())


def test_a_payment_gives_back_no_more_than_it_brought():
    order = OrderFactory(credits=20_000)
    first = pay(order, "6000")
    pay(order, "10000")
    order.refresh_from_db()
    with pytest.raises(RefundRefused) as refused:
        refund_of(order, first, credits=10_000)
    assert refused.value.code == "no_money"


# --- Money beyond the total takes no credits ---------------------------------------------------
def test_an_overpayment_goes_back_without_credits():
    order = PaidOrderFactory(credits=20_000)
    extra = pay(order, "500")
    refund_of(order, extra, amount=Decimal(500))
    assert (lot_of(order).available, list(Order.objects.overpaid())) == (20_000, [])


def test_no_more_than_the_excess_goes_back_without_credits():
    order = PaidOrderFactory(credits=20_000)
    extra = pay(order, "500")
    refund_of(order, extra, amount=Decimal(400))
    with pytest.raises(RefundRefused) as refused:
        refund_of(order, extra, key="k2", amount=Decimal(101))
    assert refused.value.code == "no_excess"


def test_money_of_a_cancelled_order_goes_back():
    order = OrderFactory()
    cancel_order(order=order, actor="job:test")
    payment = pay(order)
    order.refresh_from_db()
    refund_of(order, payment, amount=order.total)
    assert list(Order.objects.paid_after_end()) == []


def test_foreign_money_goes_back_in_its_own_currency():
    order = OrderFactory()
    payment = pay(order, "100", currency="EUR")
    refund = refund_of(order, payment, amount=Decimal(100))
    assert (refund.currency, list(Order.objects.with_foreign_money())) == ("EUR", [])


# --- The worker --------------------------------------------------------------------------------
def test_the_worker_pays_back_by_the_payments_own_id_and_the_refunds_key(gateway):
    order, payment = paid_by_card()
    refund_of(order, credits=5_000)
    pay_back_due()
    assert gateway.asked == [
        {
            "payment_intent": payment.external_id,
            "amount": Decimal("4000.00"),
            "currency": "USD",
            "key": "k1",
        }
    ]


def test_a_refund_in_a_currency_without_cents_pays_no_hundredfold(stripe):
    order = OrderFactory(method="card")
    open_card_page(order=order, seen=order.total)
    page = order.card_sessions.get().external_id
    stripe.get("cs_test", page)["currency"] = "jpy"
    intent = stripe.pay(page)
    payment = take_session(stripe_gateway.fetch_session(page))
    refund_of(order, payment, amount=Decimal(1_000))
    pay_back_due()
    assert [(each.amount, each.currency) for each in stripe_gateway.refunds_of(intent)] == [
        (Decimal(1_000), "JPY")
    ]


def test_parts_of_a_unit_that_stripe_does_not_count_are_not_asked_for(stripe):
    with pytest.raises(GatewayRefused):
        stripe_gateway.refund(
            payment_intent="pi_1", amount=Decimal("10.50"), currency="JPY", key="k"
        )


def test_a_refund_that_is_paid_says_so(gateway):
    order, _payment = paid_by_card()
    refund_of(order, credits=5_000)
    pay_back_due()
    refund = Refund.objects.get()
    assert (refund.status, refund.external_id, refund.paid_on) == ("done", "re_k1", TODAY)


def test_a_refund_that_is_paid_is_told_by_a_credit_note(gateway):
    order, _payment = paid_by_card()
    refund_of(order, credits=5_000)
    pay_back_due()
    assert Document.objects.get(kind="credit_note").refund == Refund.objects.get()


def test_a_refund_is_paid_once(gateway):
    order, _payment = paid_by_card()
    refund_of(order, credits=5_000)
    pay_back_due()
    pay_back_due()
    assert len(gateway.asked) == 1


def test_without_a_clear_answer_it_is_asked_again_with_the_same_key(gateway, moving_clock):
    order, _payment = paid_by_card()
    refund_of(order, credits=5_000)
    gateway.answer = GatewayUnavailable("No answer.")
    pay_back_due()
    assert pay_back_due() == 0
    moving_clock.advance(minutes=2)
    gateway.answer = "succeeded"
    pay_back_due()
    assert ([asked["key"] for asked in gateway.asked], Refund.objects.get().status) == (
        ["k1", "k1"],
        "done",
    )


def test_while_one_worker_asks_no_other_does(gateway, monkeypatch):
    order, _payment = paid_by_card()
    refund_of(order, credits=5_000)
    meanwhile = []

    def refund(**asked):
        meanwhile.append(pay_back_due())
        return gateway.refund(**asked)

    monkeypatch.setattr(stripe_gateway, "refund", refund)
    pay_back_due()
    assert meanwhile == [0]


def test_a_refund_under_way_is_asked_about_again(gateway, moving_clock):
    order, _payment = paid_by_card()
    refund_of(order, credits=5_000)
    gateway.answer = "pending"
    pay_back_due()
    assert Refund.objects.get().status == "requested"
    gateway.answer = "succeeded"
    moving_clock.advance(minutes=2)
    pay_back_due()
    assert Refund.objects.get().status == "done"


def test_a_refund_that_the_provider_refuses_gives_the_credits_back(gateway):
    order, _payment = paid_by_card()
    refund_of(order, credits=5_000)
    gateway.answer = GatewayRefused("The card is closed.")
    pay_back_due()
    refund = Refund.objects.get()
    assert (refund.status, refund.error, lot_of(order).available) == (
        "failed",
        "The card is closed.",
        20_000,
    )


def test_staff_are_told_of_a_refund_that_failed(gateway, settings):
    order, _payment = paid_by_card()
    refund_of(order, credits=5_000)
    gateway.answer = GatewayRefused("The card is closed.")
    pay_back_due()
    mail = OutboundMail.objects.get(name="purchasing.refund_failed")
    assert mail.recipient == settings.SUPPORT_EMAIL


def test_credits_of_a_failed_refund_come_back_with_60_days(gateway, moving_clock):
    order, _payment = paid_by_card()
    moving_clock.set(2027, 3, 1, 12)
    refund_of(order, credits=5_000)
    gateway.answer = GatewayRefused("The card is closed.")
    pay_back_due()
    new = order.account.lots.latest("pk")
    assert (new.available, new.unit_price, new.last_day) == (
        5_000,
        Decimal("0.8"),
        date(2027, 4, 30),
    )


def test_a_simulated_card_is_paid_back_at_once():
    order = OrderFactory()
    payment = pay(order, provider="simulated", external_id="sim-1")
    order.refresh_from_db()
    refund_of(order, payment, credits=18_000)
    pay_back_due()
    assert Refund.objects.get().status == "done"


def test_the_worker_leaves_transfers_to_staff(gateway):
    refund_of(PaidOrderFactory(), credits=1)
    assert (pay_back_due(), gateway.asked) == (0, [])


# --- By transfer -------------------------------------------------------------------------------
def test_staff_note_the_transfer_that_paid_a_refund():
    refund = refund_of(PaidOrderFactory(), credits=1_000)
    record_transfer_out(refund=refund, reference="OUT 1", paid_on=TODAY, actor="job:test")
    refund.refresh_from_db()
    assert (refund.status, refund.external_id, refund.paid_on) == ("done", "OUT 1", TODAY)


def test_a_cards_money_is_paid_back_by_transfer_where_the_card_takes_none(gateway):
    order, payment = paid_by_card()
    refund = refund_of(order, payment, credits=5_000, by_transfer=True)
    pay_back_due()
    record_transfer_out(refund=refund, reference="OUT-1", paid_on=TODAY, actor="job:test")
    refund.refresh_from_db()
    assert (refund.status, refund.payment, gateway.asked) == ("done", payment, [])


def test_a_key_stands_for_one_way_back(gateway):
    order, payment = paid_by_card()
    refund_of(order, payment, credits=5_000)
    with pytest.raises(RefundRefused):
        refund_of(order, payment, credits=5_000, by_transfer=True)


def test_one_transfer_pays_one_refund():
    order = PaidOrderFactory()
    first, second = (refund_of(order, key=key, credits=10) for key in ("k1", "k2"))
    record_transfer_out(refund=first, reference="OUT 1", paid_on=TODAY, actor="job:test")
    with pytest.raises(RefundRefused) as refused:
        record_transfer_out(refund=second, reference="OUT 1", paid_on=TODAY, actor="job:test")
    assert refused.value.code == "reference_used"


def test_a_refund_that_is_given_up_returns_its_credits():
    order = PaidOrderFactory()
    give_up_refund(refund=refund_of(order, credits=1_000), reason="Changed their mind.")
    assert lot_of(order).available == 18_000


def test_a_refund_that_is_paid_is_not_given_up():
    refund = refund_of(PaidOrderFactory(), credits=1_000)
    record_transfer_out(refund=refund, reference="OUT 1", paid_on=TODAY, actor="job:test")
    with pytest.raises(RefundRefused):
        give_up_refund(refund=refund, reason="Changed their mind.")


@pytest.mark.parametrize(("credits", "status"), [(18_000, "refunded"), (17_999, "paid")])
def test_an_order_is_refunded_once_all_its_money_is_back(credits, status):
    order = PaidOrderFactory()
    refund = refund_of(order, credits=credits)
    record_transfer_out(refund=refund, reference="OUT 1", paid_on=TODAY, actor="job:test")
    order.refresh_from_db()
    assert order.status == status


# --- In the provider's own pages ---------------------------------------------------------------
def test_a_refund_made_outside_withdraws_by_the_price_paid():
    order, payment = paid_by_card()
    refund = outside(payment, "4000.01")
    assert (refund.credits, lot_of(order).withdrawn) == (5_001, 5_001)


def test_what_was_spent_before_is_a_shortfall():
    order, payment = paid_by_card()
    spend(order, 15_000)
    outside(payment, "16000")
    lot = lot_of(order)
    assert (lot.available, lot.withdrawn, missing()) == (0, 5_000, [(15_000, 0)])


def test_credits_that_return_to_a_lot_with_a_shortfall_are_withdrawn():
    order, payment = paid_by_card()
    entry = spend(order, 15_000)
    outside(payment, "16000")
    give_back(entry, 4_000)
    lot = lot_of(order)
    assert (lot.available, lot.withdrawn, missing()) == (0, 9_000, [(15_000, 4_000)])


def test_a_shortfall_that_is_recovered_ends_and_the_rest_comes_back():
    order, payment = paid_by_card()
    entry = spend(order, 20_000)
    outside(payment, "8000")
    give_back(entry, 15_000)
    lot = lot_of(order)
    assert (lot.available, lot.withdrawn, missing()) == (5_000, 10_000, [])


def test_a_released_hold_pays_a_shortfall():
    order, payment = paid_by_card()
    hold = ledger.hold(
        account=order.account, credits=20_000, fits=None, key="h", actor="job:test", reason="ask"
    )
    outside(payment, "16000")
    ledger.release(hold=hold, key="r", actor="job:test", reason="declined")
    lot = lot_of(order)
    assert (lot.available, lot.withdrawn, missing()) == (0, 20_000, [])


def test_the_oldest_of_two_shortfalls_is_recovered_first():
    order, payment = paid_by_card()
    entry = spend(order, 20_000)
    outside(payment, "800", external_id="re_2")
    outside(payment, "800", external_id="re_1", made_on=date(2026, 3, 9))
    give_back(entry, 1_200)
    got = dict(Refund.objects.values_list("external_id", "credits"))
    assert got == {"re_1": 1_000, "re_2": 200}


def test_a_return_to_another_accounts_lot_pays_nothing():
    order, payment = paid_by_card()
    spend(order, 20_000)
    outside(payment, "16000")
    other = PaidOrderFactory()
    give_back(spend(other, 100), 100)
    assert missing() == [(20_000, 0)]


def test_a_refund_of_the_duplicate_takes_no_credits():
    order, _payment = paid_by_card()
    twice = pay(order, provider="stripe", external_id="pi_twice")
    outside(twice, "16000")
    assert lot_of(order).available == 20_000


def test_a_duplicate_that_comes_after_the_refund_of_the_first_gives_the_credits_back():
    order, payment = paid_by_card()
    outside(payment, "16000")
    pay(order, provider="stripe", external_id="pi_twice")
    assert (lot_of(order).available, order.status) == (20_000, "paid")


def test_our_own_refund_is_known_by_its_key():
    order, payment = paid_by_card()
    refund_of(order, credits=5_000)
    outside(payment, "4000", external_id="re_9", key="k1")
    refund = Refund.objects.get()
    assert (refund.status, refund.external_id, lot_of(order).withdrawn) == ("done", "re_9", 5_000)


STATES = ["requested", "done", "failed"]


@pytest.mark.parametrize(
    "told", [STATES, STATES[::-1], ["done", "failed", "requested"], ["failed", "done", "failed"]]
)
def test_a_refund_that_failed_ends_failed_however_it_was_told(told):
    order, payment = paid_by_card()
    for status in told:
        outside(payment, "4000", status)
    assert (Refund.objects.get().status, lot_of(order).available) == ("failed", 20_000)


def test_a_refund_told_twice_is_one():
    order, payment = paid_by_card()
    outside(payment, "4000")
    outside(payment, "4000")
    assert (Refund.objects.count(), lot_of(order).withdrawn) == (1, 5_000)


def test_a_refund_of_foreign_money_takes_no_credits():
    order = PaidOrderFactory(credits=20_000)
    payment = pay(order, "100", currency="EUR", provider="stripe", external_id="pi_eur")
    outside(payment, "100", currency="EUR")
    assert lot_of(order).available == 20_000


def test_a_refund_for_an_order_without_credits_is_recorded():
    order = OrderFactory()
    payment = pay(order, "100", provider="stripe", external_id="pi_part")
    outside(payment, "100")
    assert Refund.objects.get().credits == 0


def test_after_all_this_the_ledger_holds():
    order, payment = paid_by_card()
    entry = spend(order, 15_000)
    outside(payment, "16000")
    give_back(entry, 4_000)
    found = [each for each in verify() if each.invariant != "I15"]  # No class was registered for.
    assert found == []
