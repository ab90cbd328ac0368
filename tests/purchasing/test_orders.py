"""Tests of purchasing.services.orders."""

from decimal import Decimal

import pytest

from accounts.models import CreditAccount
from credits_portal.outbox.models import OutboundMail
from purchasing.exceptions import AccountNotOwned, KeyReused, NoPrice, OrderClosed
from purchasing.models import Order, PriceList, TaxRule
from purchasing.services import Billing, cancel_order, correct_billing, place_order
from tests.factories.accounts import CreditAccountFactory, UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, pay, purchase

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def mails_to(recipient):
    return list(OutboundMail.objects.filter(recipient=recipient).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("credits", "total"),
    [(3_500, "3500.00"), (18_000, "18000.00"), (20_000, "16000.00"), (30_000, "24000.00")],
)
def test_an_order_costs_what_the_price_list_says(credits, total):
    order = OrderFactory(credits=credits)
    order.refresh_from_db()
    assert str(order.total) == total


def test_numbers_go_up_by_one_within_a_year():
    numbers = [OrderFactory().number for _ in range(3)]
    assert numbers == ["TC-2026-000001", "TC-2026-000002", "TC-2026-000003"]


def test_a_new_year_starts_a_new_series(moving_clock):
    OrderFactory()
    moving_clock.set(2027, 1, 1, 12)
    assert OrderFactory().number == "TC-2027-000001"


def test_a_transfer_starts_as_a_quote():
    assert OrderFactory(method="transfer").status == Order.Status.QUOTED


def test_a_card_order_awaits_its_payment():
    assert OrderFactory(method="card").status == Order.Status.AWAITING


def test_the_same_key_again_is_the_same_order():
    account = CreditAccountFactory()
    first = OrderFactory(account=account, key="k")
    assert OrderFactory(account=account, key="k") == first


def test_the_same_key_opens_one_new_account():
    buyer = UserFactory()
    for _ in range(2):
        place_order(buyer=buyer, purchase=purchase(new_account_name="Acme"), key="k")
    assert [account.name for account in CreditAccount.objects.all()] == ["Acme"]


@pytest.mark.parametrize("other", [{"credits": 20_000}, {"method": "card"}])
def test_the_same_key_with_another_purchase_is_refused(other):
    account = CreditAccountFactory()
    OrderFactory(account=account, key="k")
    with pytest.raises(KeyReused):
        OrderFactory(account=account, key="k", **other)


def test_the_same_key_for_another_account_is_refused():
    account = CreditAccountFactory()
    OrderFactory(account=account, key="k")
    with pytest.raises(KeyReused):
        OrderFactory(account=CreditAccountFactory(owner=account.owner), key="k")


def test_keys_of_two_buyers_do_not_meet():
    assert OrderFactory(key="k") != OrderFactory(key="k")


def test_only_the_owner_buys_for_an_account():
    with pytest.raises(AccountNotOwned):
        place_order(buyer=UserFactory(), purchase=purchase(account=CreditAccountFactory()), key="k")


def test_a_refused_order_leaves_no_number_and_no_mail_behind():
    with pytest.raises(AccountNotOwned):
        place_order(buyer=UserFactory(), purchase=purchase(account=CreditAccountFactory()), key="k")
    assert (OrderFactory().number, OutboundMail.objects.count()) == ("TC-2026-000001", 1)


def test_without_a_price_nothing_is_ordered():
    PriceList.objects.all().delete()
    with pytest.raises(NoPrice):
        OrderFactory()


def test_a_later_price_list_changes_no_placed_order(moving_clock):
    order = OrderFactory(credits=100)
    later = PriceList.objects.create(name="dearer", starts_at=moving_clock.moment)
    later.tiers.create(minimum=1, unit_price=2)
    order.refresh_from_db()
    assert (order.total, OrderFactory(credits=100).total) == (Decimal(100), Decimal(200))


def test_tax_is_a_line_of_its_own():
    TaxRule.objects.create(country="DE", rate=Decimal(19), note="VAT 19 %")
    order = OrderFactory(credits=20_000, country="DE")
    order.refresh_from_db()
    assert [str(order.net), str(order.tax), str(order.total), order.tax_note] == [
        "16000.00",
        "3040.00",
        "19040.00",
        "VAT 19 %",
    ]


def test_cents_of_tax_add_up_on_every_engine():
    TaxRule.objects.create(country="CA", rate=Decimal("12.35"))
    for credits in range(1, 60):
        assert OrderFactory(credits=credits, country="CA").pk


def test_the_owner_and_accounts_payable_are_told_of_an_order():
    order = OrderFactory(payables_email="ap@example.com")
    assert (mails_to(order.buyer.email), mails_to("ap@example.com")) == (
        ["purchasing.quote"],
        ["purchasing.quote_for_payables"],
    )


def test_one_accounts_payable_address_gets_at_most_five_mails_an_hour():
    for _ in range(7):
        OrderFactory(payables_email="ap@example.com")
    assert len(mails_to("ap@example.com")) == 5


def test_billing_can_be_corrected_until_paid():
    order = OrderFactory()
    billing = Billing(country="US", po_number="PO 77")
    assert correct_billing(order=order, billing=billing, actor=order.buyer).po_number == "PO 77"


def test_a_corrected_accounts_payable_address_gets_the_quote():
    order = OrderFactory()
    billing = Billing(country="US", payables_email="ap@example.com")
    correct_billing(order=order, billing=billing, actor=order.buyer)
    assert mails_to("ap@example.com") == ["purchasing.quote_for_payables"]


def test_a_correction_issues_the_quote_anew():
    order = OrderFactory()
    correct_billing(order=order, billing=Billing(country="US", po_number="7"), actor=order.buyer)
    papers = [(paper.number, bool(paper.replaced_at)) for paper in order.documents.order_by("pk")]
    assert papers == [("QU-2026-000001", True), ("QU-2026-000002", False)]


def test_a_correction_that_changes_nothing_issues_nothing():
    order = OrderFactory(po_number="7")
    correct_billing(order=order, billing=Billing(country="US", po_number="7"), actor=order.buyer)
    assert order.documents.count() == 1


def test_the_tax_follows_a_corrected_country():
    TaxRule.objects.create(country="DE", rate=Decimal(19))
    order = OrderFactory(credits=100)
    order = correct_billing(order=order, billing=Billing(country="DE"), actor=order.buyer)
    order.refresh_from_db()
    assert (order.tax, order.total) == (Decimal(19), Decimal(119))


def test_a_correction_keeps_the_tax_of_an_unchanged_country():
    order = OrderFactory(credits=100)
    TaxRule.objects.create(country="US", rate=Decimal(10))
    billing = Billing(country="US", company="Acme")
    assert correct_billing(order=order, billing=billing, actor=order.buyer).tax == 0


def test_a_correction_that_lowers_the_total_to_what_was_paid_grants_the_credits():
    TaxRule.objects.create(country="DE", rate=Decimal(19))
    order = OrderFactory(credits=100, country="DE")
    pay(order, "100.00")
    order = correct_billing(order=order, billing=Billing(country="US"), actor=order.buyer)
    assert order.is_paid


def test_a_paid_orders_billing_stands():
    order = PaidOrderFactory()
    with pytest.raises(OrderClosed):
        correct_billing(order=order, billing=Billing(country="DE"), actor=order.buyer)


def test_a_cancelled_order_says_when_and_by_whom(moving_clock):
    order = OrderFactory()
    order = cancel_order(order=order, actor=order.buyer)
    assert (order.status, order.cancelled_at, order.cancelled_by) == (
        "cancelled",
        moving_clock.moment,
        f"user:{order.buyer_id}",
    )


def test_cancelling_twice_tells_the_owner_once():
    order = OrderFactory()
    for _ in range(2):
        cancel_order(order=order, actor=order.buyer)
    assert mails_to(order.buyer.email).count("purchasing.order_cancelled") == 1


def test_a_paid_order_is_not_cancelled():
    order = PaidOrderFactory()
    with pytest.raises(OrderClosed):
        cancel_order(order=order, actor=order.buyer)


def test_an_orders_secret_link_finds_it():
    order = OrderFactory()
    assert Order.objects.for_token(order.link_token) == order
