"""From the price to the quote in hand, and from there to the receipt, by transfer alone."""

import io
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from credits_portal.lib import clock
from tests.journeys.steps import buyer as buying
from tests.journeys.steps import clerk as office
from tests.journeys.steps.scenes import COMPANY

pytestmark = pytest.mark.browser

TRANSFER = "Quote and bank transfer"
# The keystroke-level model: seconds to point at something and press, and for each key.
POINT, KEY = 1.1, 0.2


def downloads(visitor, name):
    """Follow a link to a paper; return its words."""
    visitor.clicks += 1
    with visitor.page.expect_download() as coming:
        visitor.page.get_by_role("link", name=name).first.click()
    pdf = PdfReader(io.BytesIO(Path(coming.value.path()).read_bytes()))
    return " ".join("\n".join(page.extract_text() for page in pdf.pages).split())


def gets_quote(buyer, stage, email):
    """Walk from the landing page to the order's page."""
    buying.asks_price(buyer, "18,000")
    buying.names_account(buyer, "Keep 18,000")
    buying.chooses_method(buyer, TRANSFER)
    buying.signs_up(buyer, stage.post, email)
    buyer.presses("Get quote")
    number = buying.order_number(buyer)
    stage.post.brings((email, "purchasing.quote"))
    return number


def test_a_new_buyer_has_the_quote_in_hand_within_thirty_seconds(stage):
    buyer, olga = stage.visitor(), stage.newcomer("olga")
    started = time.monotonic()
    number = gets_quote(buyer, stage, olga)
    paper = downloads(buyer, "Download the quote (PDF)")
    machine = time.monotonic() - started
    assert f"Order {number}" in paper
    assert "Total USD $18,000.00" in paper
    assert buyer.pages_until("/buy/check/") == 3
    assert (buyer.fields, buyer.clicks) == (6, 8)
    typed = len("18,000" + COMPANY + "olga@example.com" + "123456")
    assert POINT * (buyer.fields + buyer.clicks) + KEY * typed < 30
    assert machine < 30


def test_a_company_pays_by_invoice_without_writing_to_anyone(stage):
    stage.scene("staff")
    buyer, payables, clerk = stage.visitor(), stage.visitor(), stage.visitor()
    olga = stage.newcomer("olga")
    number = gets_quote(buyer, stage, olga)

    buyer.follows("Accept and get the invoice")
    buyer.fills("PO number", "PO-4711")
    buyer.fills("Accounts-payable address", "ap@example.com")
    buyer.presses("Accept and get the invoice")
    due = clock.today() + timedelta(days=30)
    buyer.sees("awaiting payment", "The invoice is due on")
    owed = [(olga, "purchasing.invoice"), ("ap@example.com", "purchasing.invoice_for_payables")]
    stage.post.brings(*owed)
    mail = stage.post.last("ap@example.com", "purchasing.invoice_for_payables")
    assert mail.files == [f"IN-{due.year}-000001.pdf"]

    payables.opens(mail.link("/orders/shared/"))
    invoice = downloads(payables, "Download the invoice (PDF)")
    assert f"Reference {number}" in invoice
    assert "PO number PO-4711" in invoice

    office.signs_in(clerk)
    books(clerk, number, "17,980.00", "WIRE 1")
    payables.page.reload()
    payables.sees("Received so far", "$17,980.00", "Left to pay", "$20.00")
    clerk.follows("Book the shortfall as a bank charge")
    clerk.fills("Reason", "Kept by the bank in between.")
    clerk.presses("Book the shortfall as a bank charge")
    stage.post.brings((olga, "purchasing.payment_received"))
    assert stage.post.last(olga, "purchasing.payment_received").files == [
        f"RE-{due.year}-000001.pdf"
    ]
    payables.page.reload()
    receipt = downloads(payables, "Download the receipt (PDF)")
    assert "bank charge, written off" in receipt
    assert "PAID" in receipt


def books(clerk, number, amount, reference):
    """Book a part of a transfer; nothing is granted yet."""
    clerk.opens("/admin/purchasing/order/")
    clerk.follows(number)
    clerk.follows("Transfer received")
    clerk.fills("Amount received", amount)
    clerk.fills("Received on", clock.today().isoformat())
    clerk.fills("Bank reference", reference)
    clerk.presses("Preview")
    assert "No credits are granted." in clerk.page.locator("#content").inner_text()
    clerk.presses("Book the transfer")
