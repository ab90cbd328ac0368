"""Tests of the mails of purchasing, rendered as they are sent."""

import re

import pytest

from accounts import passkeys
from credits_portal.outbox.models import OutboundMail
from credits_portal.outbox.rendering import render
from purchasing.models import TaxRule
from purchasing.services import cancel_order
from tests.factories.accounts import CreditAccountFactory
from tests.factories.purchasing import OrderFactory, PaidOrderFactory, pay

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
    message = mail("order_placed")
    assert message.subject == f"Your quote {order.number} over $16,000.00"
    assert f"Amount: $16,000.00 USD\nReference: {order.number}\nBank account:\nFirst Bank" in (
        message.body
    )


def test_a_card_order_shows_no_bank_account(settings):
    settings.BANK_DETAILS = "First Bank"
    OrderFactory(method="card")
    assert "First Bank" not in mail("order_placed").body


def test_the_accounts_departments_copy_leads_to_its_own_page_only(settings):
    settings.BANK_DETAILS = "First Bank"
    order = OrderFactory(payables_email="ap@example.com", po_number="PO 7")
    message = mail("order_for_payables")
    assert message.subject == f"Quote {order.number} over $18,000.00, PO PO 7"
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
def every_mail(settings):
    """One of each mail, of a customer who types markup and line breaks."""
    settings.BANK_DETAILS = "First Bank\nIBAN 1234"
    account = CreditAccountFactory(name="<b>Acme</b>")
    billing = {"company": "<i>Acme</i>", "address": "1 <u>Main</u>\nSpringfield", "tax_id": "T&T"}
    PaidOrderFactory(account=account, payables_email="ap@example.com", **billing)
    order = OrderFactory(account=account, **billing)
    cancel_order(order=order, actor=order.buyer)
    return [render(row) for row in OutboundMail.objects.filter(name__startswith="purchasing.")]


def test_there_are_four_kinds_of_mails(every_mail):
    assert OutboundMail.objects.values("name").distinct().count() == 4


def test_markup_that_a_customer_typed_is_escaped(every_mail):
    pages = " ".join(html_of(message) for message in every_mail)
    assert not any(tag in pages for tag in ("<b>Acme", "<i>Acme", "<u>Main"))


def test_the_text_shows_what_the_customer_typed(every_mail):
    texts = " ".join(message.body for message in every_mail)
    assert "<b>Acme</b>" in texts
    assert "&lt;" not in texts


def test_a_preheader_has_forty_to_ninety_characters():
    account = CreditAccountFactory(name="Acme")
    order = OrderFactory(account=account, payables_email="ap@example.com")
    PaidOrderFactory(account=account)
    cancel_order(order=order, actor=order.buyer)
    preheaders = [
        re.search(r'class="preheader"[^>]*>(.*?)<', html_of(render(row)))[1]
        for row in OutboundMail.objects.filter(name__startswith="purchasing.")
    ]
    assert [line for line in preheaders if not 40 <= len(line) <= 90] == []


def test_a_mail_weighs_at_most_thirty_kilobytes(every_mail):
    assert max(len(message.message().as_bytes()) for message in every_mail) <= 30_000


def test_text_and_html_have_the_same_money(every_mail):
    for message in every_mail:
        money = set(re.findall(r"\$[\d,.]*\d", message.body))
        assert set(re.findall(r"\$[\d,.]*\d", text_of(message))) == money
