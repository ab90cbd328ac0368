"""Tests of purchasing.reconciliation: what does not add up, and what to do."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts import ledger
from purchasing.models import Order, Payment, ProviderEvent
from purchasing.reconciliation import TODO, findings
from purchasing.services import cancel_order
from purchasing.services.refunds import record_provider_refund, request_refund
from tests.factories.accounts import UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, paid_by_card, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def found():
    return [(finding.kind, finding.what) for finding in findings()]


def paid_back(payment, amount, external_id="re_1"):
    return record_provider_refund(
        payment=payment,
        external_id=external_id,
        amount=Decimal(amount),
        currency=payment.currency,
        status="done",
        made_on=date(2026, 3, 10),
    )


def refund_of(order, payment, **asked):
    return request_refund(
        order=order, payment=payment, reason="x", actor="job:test", key="k", **asked
    )


def spend(order, credits):
    ledger.redeem(
        account=order.account, credits=credits, fits=None, key="s", actor="job:test", reason="class"
    )


def told(*_args, **options):
    """Run the command; return its exit status."""
    try:
        call_command("reconcile_payments", **options)
    except SystemExit as ended:
        return ended.code
    return 0


def test_where_all_adds_up_nothing_is_found():
    OrderFactory()
    PaidOrderFactory()
    _order, payment = paid_by_card()
    paid_back(payment, "4000")
    cancel_order(order=OrderFactory(), actor="job:test")
    assert found() == []


def test_money_that_is_complete_without_a_lot():
    order = PaidOrderFactory()
    Order.objects.filter(pk=order.pk).update(lot=None, status="awaiting", paid_at=None)
    assert found() == [("no_lot", order.number)]


def test_a_lot_without_its_money():
    order = PaidOrderFactory()
    Payment.objects.update(amount=Decimal("17999.99"))
    assert found() == [("no_payment", order.number)]


def test_a_lot_that_is_not_what_was_ordered():
    order = PaidOrderFactory()
    Order.objects.filter(pk=order.pk).update(credits=17_000)
    assert found() == [("other_lot", order.number)]


def test_a_part_payment_whose_rest_does_not_come(moving_clock):
    order = OrderFactory()
    pay(order, "100")
    assert found() == []
    moving_clock.advance(days=8)
    assert found() == [("part_paid", order.number)]


def test_an_overpayment_until_it_is_paid_back():
    order = PaidOrderFactory()
    extra = pay(order, "5")
    assert found() == [("overpaid", order.number)]
    refund_of(order, extra, amount=Decimal(5))
    assert found() == []


def test_money_of_a_cancelled_order_until_it_is_paid_back():
    order = cancel_order(order=OrderFactory(), actor="job:test")
    payment = pay(order)
    assert found() == [("after_end", order.number)]
    refund_of(order, payment, amount=order.total)
    assert found() == []


def test_foreign_money_until_it_is_paid_back():
    order = OrderFactory()
    payment = pay(order, "100", currency="EUR")
    assert found() == [("foreign", order.number)]
    refund_of(order, payment, amount=Decimal(100))
    assert found() == []


def test_an_event_that_was_not_applied(moving_clock):
    ProviderEvent.objects.create(
        provider="stripe", external_id="evt_1", kind="charge.refunded", raw={}, error="No order."
    )
    assert found() == []
    moving_clock.advance(minutes=16)
    (finding,) = findings()
    assert (finding.what, finding.detail) == ("charge.refunded evt_1", "No order.")


@pytest.mark.parametrize(("provider", "hours"), [("stripe", 2), ("bank", 73)])
def test_a_refund_that_hangs(moving_clock, provider, hours):
    order = OrderFactory()
    payment = pay(order, provider=provider, external_id="X1")
    order.refresh_from_db()
    refund_of(order, payment, credits=10)
    assert found() == []
    moving_clock.advance(hours=hours)
    assert found() == [("refund_hangs", order.number)]


def test_a_shortfall():
    order, payment = paid_by_card()
    spend(order, 20_000)
    paid_back(payment, "4000")
    (finding,) = findings()
    assert (finding.what, finding.detail) == (order.number, "5000 credits missing")


def test_more_money_back_than_came():
    order, payment = paid_by_card()
    paid_back(payment, "16000")
    paid_back(payment, "100", external_id="re_2")
    assert found() == [("too_much_back", order.number)]


@pytest.fixture
def all_kinds(moving_clock):
    """Make `times` findings of each kind that can happen together."""

    def make(times):
        for number in range(times):
            pay(PaidOrderFactory(), "5")
            pay(cancel_order(order=OrderFactory(), actor="job:test"))
            pay(OrderFactory(), "100", currency="EUR")
            order, payment = paid_by_card()
            spend(order, 20_000)
            paid_back(payment, "16000", external_id=f"re_{number}")
            paid_back(payment, "1", external_id=f"more_{number}")
            order = PaidOrderFactory()
            request_refund(
                order=order,
                payment=order.payments.get(),
                credits=1,
                reason="x",
                actor="job:test",
                key=f"k{number}",
            )
            ProviderEvent.objects.create(
                provider="stripe", external_id=f"evt_{number}", kind="refund.failed", raw={}
            )
        moving_clock.advance(days=10)

    return make


@pytest.mark.parametrize("times", [1, 3])
def test_however_much_is_found_the_queries_are_the_same(
    all_kinds, times, django_assert_num_queries
):
    all_kinds(times)
    with django_assert_num_queries(11):
        assert len(findings()) == 8 * times  # The shortfall has two causes.


def test_each_kind_says_what_to_do(all_kinds):
    all_kinds(1)
    assert all(finding.todo == TODO[finding.kind] for finding in findings())


def test_the_command_is_silent_where_all_adds_up(capsys):
    assert (told(), capsys.readouterr().out) == (0, "Everything adds up.\n")


def test_the_command_fails_and_names_what_it_found(capsys):
    order = PaidOrderFactory()
    pay(order, "5")
    assert told() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"overpaid {order.number}: $18,005.00 received of $18,000.00, paid",
        "    Refund the excess; it takes no credits.",
        "1 to look at",
    ]


def test_the_command_speaks_json(capsys):
    order = PaidOrderFactory()
    pay(order, "5")
    assert told(json=True) == 1
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["kind"], row["what"]) == ("overpaid", order.number)


def test_staff_see_each_finding_with_its_page(admin_client):
    order = PaidOrderFactory()
    pay(order, "5")
    page = admin_client.get(reverse("admin:purchasing_order_reconciliation")).content.decode()
    assert reverse("admin:purchasing_order_change", args=[order.pk]) in page
    assert "Refund the excess; it takes no credits." in page


def test_without_a_finding_the_page_says_so(admin_client):
    page = admin_client.get(reverse("admin:purchasing_order_reconciliation")).content.decode()
    assert "Everything adds up" in page


def test_staff_without_the_right_do_not_see_it(client):
    client.force_login(UserFactory(is_staff=True))
    answer = client.get(reverse("admin:purchasing_order_reconciliation"))
    assert answer.status_code == 403
