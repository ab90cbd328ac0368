"""Tests of the mails of purchasing, rendered as they are sent."""

import re
from decimal import Decimal

import pytest

from accounts import passkeys
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.rendering import render
from purchasing.models import TaxRule
from purchasing.services import (
    accept_quote,
    advance_orders,
    cancel_order,
    issue_credit_note,
)
from purchasing.services.refunds import record_provider_refund
from tests.factories.accounts import CreditAccountFactory
from tests.factories.purchasing import (
    OrderFactory,
    PaidOrderFactory,
    RefundFactory,
    paid_by_card,
    pay,
)
from tests.mailbox import assert_good_mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moving_clock")]


def mail(name, recipient=None):
    mails = OutboundMail.objects.filter(name=f"purchasing.{name}").order_by("pk")
    return render(mails.filter(recipient=recipient).last() if recipient else mails.last())


def html_of(message):
    return message.alternatives[0][0]


def text_of(message):
    """Return the words of the HTML, without markup."""
    body = html_of(message).split("<body", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def current_passkey(account):
    return passkeys.reveal(account.passkeys.get(replaced_at=None))


def test_a_quote_names_amount_reference_and_bank_account(settings):
    settings.BANK_DETAILS = "First Bank\nIBAN 1234"
    order = OrderFactory(credits=20_000)
    message = mail("quote")
    assert message.subject == "Your quote QU-2026-000001 over $16,000.00"
    assert f"Amount: $16,000.00 USD\nReference: {order.number}\nBank account:\nFirst Bank" in (
        message.body
    )


def attached(message):
    return [(file.filename, file.content[:8], file.mimetype) for file in message.attachments]


def test_a_quote_brings_its_pdf():
    OrderFactory()
    assert attached(mail("quote")) == [("QU-2026-000001.pdf", b"%PDF-1.7", "application/pdf")]


def test_a_card_order_is_mailed_when_it_is_paid():
    OrderFactory(method="card")
    assert not OutboundMail.objects.exists()


def test_the_confirmation_brings_the_receipt():
    PaidOrderFactory()
    assert [name for name, *_rest in attached(mail("payment_received"))] == ["RE-2026-000001.pdf"]


def invoiced(**fields):
    order = OrderFactory(**fields)
    return accept_quote(
        order=order,
        po_number=order.po_number,
        payables_email=order.payables_email,
        actor=order.buyer,
    )


def test_an_invoice_says_when_it_is_due():
    invoiced()
    subject = "Invoice IN-2026-000001: $18,000.00, due on 9 April 2026"
    assert mail("invoice").subject == subject


def test_accounts_payable_gets_the_invoice_without_the_owners_page():
    order = invoiced(payables_email="ap@example.com", po_number="PO 7")
    message = mail("invoice_for_payables")
    assert message.subject.startswith("Invoice IN-2026-000001, PO PO 7: $18,000.00")
    assert order.get_shared_url() in message.body
    assert f"{order.get_absolute_url()}\n" not in message.body
    assert attached(message)[0][0] == "IN-2026-000001.pdf"


def test_a_reminder_names_what_is_left_and_where_to_pay_it(moving_clock):
    order = invoiced()
    pay(order, "8000.00")
    moving_clock.advance(days=30)
    advance_orders()
    message = mail("invoice_due")
    assert message.subject == "Invoice IN-2026-000001 is due on 9 April 2026: $10,000.00 open"
    assert f"Amount: $10,000.00 USD\nReference: {order.number}" in message.body


def test_the_second_reminder_says_when_the_order_ends(moving_clock):
    invoiced()
    moving_clock.advance(days=44)
    advance_orders()
    assert "Without payment the order is cancelled on 8 June 2026." in mail("invoice_due").body


def test_an_overdue_order_that_ends_can_be_opened_again(moving_clock):
    invoiced()
    moving_clock.advance(days=90)
    advance_orders()
    assert "we can open it again" in mail("order_cancelled").body


def test_a_credit_note_names_amount_and_credits():
    issue_credit_note(refund=RefundFactory())
    message = mail("credit_note")
    assert "$4,000.00 of order" in message.subject
    assert "go back to you for 5,000 credits" in message.body
    assert attached(message)[0][0] == "CN-2026-000001.pdf"


def test_a_credit_note_names_the_currency_that_went_back():
    refund = RefundFactory(credits=0, currency="EUR")
    issue_credit_note(refund=refund)
    assert "4,000.00 EUR of order" in mail("credit_note").body


def test_staff_hear_that_the_credits_of_a_refund_made_outside_are_back():
    _order, payment = paid_by_card()
    for status in ("done", "failed"):
        record_provider_refund(
            payment=payment,
            external_id="re_1",
            amount=Decimal(4_000),
            currency="USD",
            status=status,
            made_on=clock.today(),
        )
    assert "Credits that were taken for it are back in the account." in mail("refund_failed").body


def test_the_accounts_departments_copy_leads_to_its_own_page_only(settings):
    settings.BANK_DETAILS = "First Bank"
    order = OrderFactory(payables_email="ap@example.com", po_number="PO 7")
    message = mail("quote_for_payables")
    assert message.subject == "Quote QU-2026-000001 over $18,000.00, PO PO 7"
    assert order.get_shared_url() in message.body
    assert f"{order.get_absolute_url()}\n" not in message.body


def test_the_confirmation_brings_the_new_passkey_and_how_to_use_it():
    order = PaidOrderFactory()
    message = mail("payment_received")
    assert message.subject == "Payment received: 18,000 credits and your training passkey"
    assert f"Your training passkey:\n\n    {current_passkey(order.account)}" in message.body
    assert "How to use it\n1. Share the passkey with your team." in message.body


def test_the_confirmation_names_the_last_usable_day():
    PaidOrderFactory()
    assert "can be used until 10 March 2027" in mail("payment_received").body


def test_a_later_confirmation_repeats_the_passkey_as_unchanged():
    account = PaidOrderFactory().account
    PaidOrderFactory(account=account)
    message = mail("payment_received")
    assert message.subject == f"Payment received: 18,000 credits for {account.name}"
    assert f"passkey is unchanged:\n\n    {current_passkey(account)}" in message.body


def test_a_passkey_replaced_before_sending_is_not_shown():
    account = PaidOrderFactory().account
    passkeys.replace(account=account, actor=account.owner)
    body = mail("payment_received").body
    assert current_passkey(account) not in body
    assert "was replaced since" in body


def test_the_passkey_is_not_kept_in_the_outbox():
    account = PaidOrderFactory().account
    row = OutboundMail.objects.get(name="purchasing.payment_received")
    assert current_passkey(account) not in str(row.params)


def test_the_receipt_has_tax_as_a_line_of_its_own():
    TaxRule.objects.create(country="DE", rate=19, note="VAT")
    PaidOrderFactory(credits=20_000, country="DE")
    assert "Net: $16,000.00\nTax, 19 %: $3,040.00 (VAT)\nTotal: $19,040.00 USD" in (
        mail("payment_received").body
    )


def test_the_owner_of_a_cancelled_order_may_order_again():
    order = OrderFactory(payables_email="ap@example.com")
    cancel_order(order=order, actor=order.buyer)
    message = mail("order_cancelled", order.buyer.email)
    assert message.subject == f"Order {order.number} is cancelled: nothing is to be paid"
    assert "Order again" in message.body


def test_accounts_payable_hears_of_the_cancellation_without_the_owners_pages():
    order = OrderFactory(payables_email="ap@example.com")
    cancel_order(order=order, actor=order.buyer)
    assert "Order again" not in mail("order_cancelled", "ap@example.com").body


def test_a_cancelled_order_says_what_is_returned():
    order = OrderFactory()
    pay(order, "100.00")
    cancel_order(order=order, actor=order.buyer)
    assert "$100.00 that arrived already is returned." in mail("order_cancelled").body


@pytest.fixture
def every_mail(settings, moving_clock):
    """One of each mail, of a customer who types markup and line breaks."""
    settings.BANK_DETAILS = "First Bank\nIBAN 1234"
    account = CreditAccountFactory(name="<b>Acme</b>")
    billing = {"company": "<i>Acme</i>", "address": "1 <u>Main</u>\nSpringfield", "tax_id": "T&T"}
    paid = PaidOrderFactory(account=account, credits=20_000, **billing)
    issue_credit_note(refund=RefundFactory(order=paid))
    order = invoiced(account=account, payables_email="ap@example.com", **billing)
    for days in (30, 14, 46):
        moving_clock.advance(days=days)
        advance_orders()
    assert order.documents.exists()
    return [render(row) for row in OutboundMail.objects.filter(name__startswith="purchasing.")]


def test_there_are_eight_kinds_of_mails(every_mail):
    assert OutboundMail.objects.values("name").distinct().count() == 8


def test_markup_that_a_customer_typed_is_escaped(every_mail):
    pages = " ".join(html_of(message) for message in every_mail)
    assert not any(tag in pages for tag in ("<b>Acme", "<i>Acme", "<u>Main"))


def test_the_text_shows_what_the_customer_typed(every_mail):
    texts = " ".join(message.body for message in every_mail)
    assert "<b>Acme</b>" in texts
    assert "&lt;" not in texts


def test_each_mail_of_a_plain_customer_is_a_good_one(moving_clock):
    account = CreditAccountFactory(name="Acme")
    paid = PaidOrderFactory(account=account, credits=20_000)
    issue_credit_note(refund=RefundFactory(order=paid))
    invoiced(account=account, payables_email="ap@example.com")
    for days in (30, 14, 46):
        moving_clock.advance(days=days)
        advance_orders()
    for row in OutboundMail.objects.filter(name__startswith="purchasing."):
        assert_good_mail(render(row))


def test_text_and_html_have_the_same_money(every_mail):
    for message in every_mail:
        money = set(re.findall(r"\$[\d,.]*\d", message.body))
        assert set(re.findall(r"\$[\d,.]*\d", text_of(message))) == money
