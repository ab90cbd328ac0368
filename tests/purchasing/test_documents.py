"""Tests of purchasing.services.documents: which papers are issued, and under which number."""

from datetime import date

import pytest

from credits_portal.outbox.models import OutboundMail
from purchasing.models import Document, TaxRule
from purchasing.services import (
    Billing,
    accept_quote,
    cancel_order,
    correct_billing,
    issue_credit_note,
)
from purchasing.signals import order_paid
from tests.factories.accounts import UserFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, RefundFactory, pay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def accept(order):
    return accept_quote(order=order, po_number="", payables_email="", actor=order.buyer)


def numbers(kind):
    return list(Document.objects.filter(kind=kind).order_by("pk").values_list("number", flat=True))


def test_each_kind_has_a_series_of_its_own():
    for _ in range(2):
        pay(accept(OrderFactory()))
    assert [numbers(kind) for kind in ("quote", "invoice", "receipt")] == [
        ["QU-2026-000001", "QU-2026-000002"],
        ["IN-2026-000001", "IN-2026-000002"],
        ["RE-2026-000001", "RE-2026-000002"],
    ]


def test_a_new_year_starts_new_series(moving_clock):
    OrderFactory()
    moving_clock.set(2027, 1, 1, 12)
    OrderFactory()
    assert numbers("quote") == ["QU-2026-000001", "QU-2027-000001"]


def test_a_refused_order_leaves_no_gap():
    def refuse(**_kwargs):
        raise RuntimeError

    order = OrderFactory()
    order_paid.connect(refuse)
    try:
        with pytest.raises(RuntimeError):
            pay(order)
    finally:
        order_paid.disconnect(refuse)
    pay(order)
    assert numbers("receipt") == ["RE-2026-000001"]


@pytest.mark.parametrize(("method", "kinds"), [("transfer", ["quote"]), ("card", [])])
def test_only_a_transfer_begins_with_a_quote(method, kinds):
    order = OrderFactory(method=method)
    assert [paper.kind for paper in order.documents.all()] == kinds


def test_a_paid_card_order_has_a_receipt_alone():
    order = PaidOrderFactory(method="card")
    assert [paper.kind for paper in order.documents.all()] == ["receipt"]


def test_a_receipt_lists_what_was_received():
    order = OrderFactory()
    pay(order, "8000.00", external_id="BANK 1", received_on=date(2026, 3, 9))
    pay(order, "10000.00", external_id="BANK 2")
    payments = order.documents.get(kind="receipt").facts["payments"]
    assert [(each["reference"], each["amount"], each["received_on"]) for each in payments] == [
        ("BANK 1", "8000.00", "2026-03-09"),
        ("BANK 2", "10000.00", "2026-03-10"),
    ]


def test_the_facts_of_a_paper_stay_when_the_order_changes(settings):
    settings.SELLER_DETAILS = "Old Seller"
    order = OrderFactory(company="Old Name")
    settings.SELLER_DETAILS = "New Seller"
    correct_billing(
        order=order, billing=Billing(country="US", company="New Name"), actor=order.buyer
    )
    papers = order.documents.order_by("pk")
    assert [(paper.facts["company"], paper.facts["seller"]) for paper in papers] == [
        ("Old Name", "Old Seller"),
        ("New Name", "New Seller"),
    ]


def test_a_paper_is_in_the_owners_language():
    order = PaidOrderFactory()
    order.account.owner.language = "en-us"
    order.account.owner.save()
    paper = OrderFactory(account=order.account).documents.get()
    assert paper.language == "en-us"


def test_a_corrected_invoice_replaces_the_old_one():
    order = accept(OrderFactory())
    correct_billing(order=order, billing=Billing(country="US", po_number="9"), actor=order.buyer)
    current = order.documents.filter(replaced_at=None, kind="invoice")
    assert [(paper.number, paper.facts["po_number"]) for paper in current] == [
        ("IN-2026-000002", "9")
    ]


def test_a_corrected_card_order_has_no_paper():
    order = OrderFactory(method="card")
    correct_billing(order=order, billing=Billing(country="DE"), actor=order.buyer)
    assert not order.documents.exists()


def test_a_correction_that_completes_the_order_issues_no_other_quote():
    TaxRule.objects.create(country="DE", rate=19)
    order = OrderFactory(credits=100, country="DE")
    pay(order, "100.00")
    correct_billing(order=order, billing=Billing(country="US"), actor=order.buyer)
    assert (numbers("quote"), numbers("receipt")) == (["QU-2026-000001"], ["RE-2026-000001"])


def test_a_cancelled_order_keeps_its_papers():
    order = accept(OrderFactory())
    cancel_order(order=order, actor=order.buyer)
    assert order.documents.filter(replaced_at=None).count() == 2


# --- Credit notes ------------------------------------------------------------------------------
def test_a_credit_note_has_the_figures_of_its_refund():
    refund = RefundFactory()
    facts = issue_credit_note(refund=refund).facts
    assert (facts["credits"], facts["total"], facts["order"]) == (
        5_000,
        "4000.00",
        refund.order.number,
    )


def test_a_refund_has_one_credit_note_and_one_mail():
    refund = RefundFactory()
    assert issue_credit_note(refund=refund) == issue_credit_note(refund=refund)
    assert OutboundMail.objects.filter(name="purchasing.credit_note").count() == 1


def test_two_refunds_of_an_order_have_a_credit_note_each():
    first = RefundFactory()
    second = RefundFactory(order=first.order)
    for refund in (first, second):
        issue_credit_note(refund=refund)
    assert numbers("credit_note") == ["CN-2026-000001", "CN-2026-000002"]


def test_owner_and_accounts_payable_get_the_credit_note():
    order = PaidOrderFactory(credits=20_000, payables_email="ap@example.com")
    issue_credit_note(refund=RefundFactory(order=order))
    mails = OutboundMail.objects.filter(name="purchasing.credit_note")
    recipients = set(mails.values_list("recipient", flat=True))
    assert recipients == {order.buyer.email, "ap@example.com"}


def test_a_new_owner_gets_the_credit_note():
    refund = RefundFactory()
    refund.order.account.owner = UserFactory(email="new@example.com")
    refund.order.account.save()
    issue_credit_note(refund=refund)
    mail = OutboundMail.objects.get(name="purchasing.credit_note")
    assert mail.recipient == "new@example.com"
