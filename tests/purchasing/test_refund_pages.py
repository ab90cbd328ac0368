"""Tests of the back office's pages for money back and for undoing a receipt."""

import re
import uuid
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.ledger import CreditLot
from purchasing.models import Payment, Refund
from purchasing.services.disputes import record_dispute
from purchasing.services.refunds import record_provider_refund
from tests.factories.accounts import UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, paid_by_card, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def in_group(client, name):
    import_module("reports.migrations.0002_staff_groups").add(apps, None)
    import_module("reports.migrations.0005_money_back_rights").add(apps, None)
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    client.force_login(user)
    return client


@pytest.fixture
def finance(client):
    return in_group(client, "Finance")


@pytest.fixture
def order():
    return PaidOrderFactory(credits=20_000)


def page_of(name, order, *more):
    return reverse(f"admin:purchasing_order_{name}", args=[order.pk, *more])


def text_of(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def refund(client, order, *, confirm=True, **fields):
    """Fill the refund form and, if told, confirm its preview."""
    data = {
        "payment": order.payments.first().pk,
        "credits": "5,000",
        "amount": "",
        "reason": "Plans changed.",
        "key": str(uuid.uuid4()),
    } | fields
    shown = client.post(page_of("refund", order), data)
    if not confirm or shown.context is None or not shown.context.get("plan"):
        return shown
    return client.post(page_of("refund", order), data | {"seen": shown.context["form"].seen()})


def errors(response):
    form = response.context["form"]
    return {name: [str(error) for error in found] for name, found in form.errors.items()}


def test_the_page_says_what_can_go_back(finance, order):
    pay(order, "5")
    shown = text_of(finance.get(page_of("refund", order)))
    assert "20,000 credits of this order are unspent, bought at $0.80 each, net." in shown
    assert "$5.00 came beyond what the order costs." in shown


def test_the_preview_names_credits_and_money_and_takes_nothing(finance, order):
    shown = text_of(refund(finance, order, confirm=False))
    assert "$4,000.00 go back by a bank transfer that you make." in shown
    assert "15,000 credits of this order stay available." in shown
    assert not Refund.objects.exists()


def test_a_confirmed_refund_takes_the_credits(finance, order):
    refund(finance, order)
    made = Refund.objects.get()
    assert (made.credits, made.amount, CreditLot.objects.get().withdrawn) == (5_000, 4000, 5_000)


def test_a_refund_names_who_asked_for_it_and_why(finance, order):
    refund(finance, order)
    made = Refund.objects.get()
    assert (made.actor, made.reason) == (
        f"user:{finance.session['_auth_user_id']}",
        "Plans changed.",
    )
    assert LogEntry.objects.get().change_message == "Refund $4,000.00: Plans changed."


def test_a_cards_money_goes_back_to_the_card(finance):
    order, _payment = paid_by_card()
    assert "$4,000.00 go back to the card." in text_of(refund(finance, order, confirm=False))


def test_a_cards_money_can_go_back_by_transfer(finance):
    order, _payment = paid_by_card()
    refund(finance, order, by_transfer="on")
    assert Refund.objects.get().provider == "bank"


def test_only_a_cards_money_has_two_ways_back(finance, order):
    assert "by_transfer" not in finance.get(page_of("refund", order)).context["form"].fields


def test_what_was_changed_after_the_preview_is_previewed_again(finance, order):
    seen = refund(finance, order, confirm=False).context["form"].seen()
    refund(finance, order, confirm=False, credits="6000", seen=seen)
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"credits": "20001"}, "Fewer credits of this order are unspent and unheld."),
        ({"credits": "", "amount": "1"}, "Less money than this came beyond what the order costs."),
        ({"credits": "", "amount": ""}, "Enter either credits or an amount."),
        ({"credits": "5", "amount": "5"}, "Enter either credits or an amount."),
    ],
)
def test_what_cannot_go_back_is_said_and_the_values_stay(finance, order, asked, told):
    shown = refund(finance, order, **asked)
    assert errors(shown) == {"__all__": [told]}
    assert shown.context["form"]["reason"].value() == "Plans changed."


def test_a_payment_of_another_order_is_refused(finance, order):
    other = PaidOrderFactory().payments.get()
    assert list(errors(refund(finance, order, payment=other.pk))) == ["payment"]


def test_an_order_without_money_says_so(finance):
    shown = text_of(finance.get(page_of("refund", OrderFactory())))
    assert "No payment of this order has money left to pay back." in shown


def test_a_transfer_out_is_noted(finance, order):
    refund(finance, order)
    made = Refund.objects.get()
    data = {"reference": "out 7", "paid_on": "2026-03-10"}
    finance.post(page_of("paid_back", order, made.pk), data)
    made.refresh_from_db()
    assert (made.status, made.external_id) == ("done", "OUT 7")


def test_a_transfer_to_come_is_refused(finance, order):
    refund(finance, order)
    data = {"reference": "OUT 7", "paid_on": "2026-03-11"}
    shown = finance.post(page_of("paid_back", order, Refund.objects.get().pk), data)
    assert list(errors(shown)) == ["paid_on"]


def test_a_refund_by_transfer_is_given_up(finance, order):
    refund(finance, order)
    made = Refund.objects.get()
    finance.post(page_of("give_up", order, made.pk), {"reason": "Changed their mind."})
    made.refresh_from_db()
    assert (made.status, CreditLot.objects.get().available) == ("failed", 20_000)


def test_a_refund_is_looked_for_under_its_own_order(finance, order):
    refund(finance, order)
    page = page_of("paid_back", PaidOrderFactory(), Refund.objects.get().pk)
    assert finance.get(page).status_code == 404


def test_a_receipt_is_undone_with_a_reason(finance, order):
    payment = order.payments.get()
    data = {"payment": payment.pk, "reason": "Belongs to another order."}
    finance.post(page_of("undo", order), data)
    payment.refresh_from_db()
    assert payment.undone_reason == "Belongs to another order."


def test_its_reference_can_then_be_booked_on_the_right_order(finance):
    payment = pay(OrderFactory(), external_id="BANK 1")
    data = {"payment": payment.pk, "reason": "Belongs to another order."}
    finance.post(page_of("undo", payment.order), data)
    right = OrderFactory()
    booked = {
        "amount": "18000",
        "currency": "USD",
        "received_on": "2026-03-10",
        "bank_reference": "BANK 1",
    }
    shown = finance.post(page_of("transfer", right), booked)
    finance.post(page_of("transfer", right), booked | {"seen": shown.context["form"].seen()})
    assert Payment.objects.get(undone_at=None).order == right


def test_where_nothing_can_be_undone_the_page_says_so(finance):
    order, _payment = paid_by_card()
    shown = finance.get(page_of("undo", order), follow=True)
    assert "No payment of this order can be undone." in text_of(shown)


@pytest.mark.parametrize("name", ["refund", "undo"])
def test_support_does_not_move_money(client, order, name):
    assert in_group(client, "Support").get(page_of(name, order)).status_code == 403


@pytest.mark.parametrize("group", ["Finance", "Support"])
def test_what_went_back_is_listed(client, group):
    _order, payment = paid_by_card()
    terms = {"payment": payment, "currency": "USD", "amount": payment.amount}
    record_provider_refund(external_id="re_1", status="done", made_on=payment.received_on, **terms)
    record_dispute(external_id="dp_1", status="open", opened_at=payment.booked_at, **terms)
    staff = in_group(client, group)
    for model in ("refund", "dispute", "shortfall"):
        assert staff.get(reverse(f"admin:purchasing_{model}_changelist")).status_code == 200


def test_the_page_of_a_refund_leads_to_what_is_to_do(finance, order):
    refund(finance, order)
    made = Refund.objects.get()
    page = finance.get(reverse("admin:purchasing_refund_change", args=[made.pk])).content.decode()
    assert page_of("paid_back", order, made.pk) in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_refunds_takes_the_same_queries(
    finance, order, rows, django_assert_max_num_queries
):
    for _row in range(rows):
        refund(finance, order, credits="10")
    with django_assert_max_num_queries(12):
        finance.get(reverse("admin:purchasing_refund_changelist"))
