"""(a) A new buyer comes to a paid account; (i) staff book a transfer with yesterday's date."""

from datetime import timedelta

import pytest

from credits_portal.lib import clock, formats
from purchasing.terms import last_usable_day
from tests.journeys.steps import buyer as buying
from tests.journeys.steps import clerk as office

pytestmark = pytest.mark.browser

PASSKEY = r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}"
TRANSFER = "Quote and bank transfer"


def test_a_new_buyer_pays_and_has_the_passkey_in_the_mailbox(anywhere):
    stage = anywhere
    buyer, olga = stage.visitor(), stage.newcomer("olga")
    buying.asks_price(buyer, "20,000")
    buying.names_account(buyer)
    buying.chooses_method(buyer, "Card")
    assert buyer.pages_until("/buy/check/") == 3
    buying.signs_up(buyer, stage.post, olga)
    assert buyer.fields <= 6
    buyer.presses("Pay $16,000.00")
    buyer.sees_heading("Simulated card payment")
    buyer.presses("Pay $16,000.00")
    buying.order_number(buyer)
    last_day = formats.day(last_usable_day(clock.today()))
    stage.post.brings((olga, "purchasing.payment_received"))
    mail = stage.post.last(olga, "purchasing.payment_received")
    assert last_day in mail.text
    buyer.follows("Open the account")
    buyer.sees("20,000", last_day)
    buyer.opens(mail.link("/accounts/"))
    assert stage.scene("passkey_of_owner") == mail.find(PASSKEY)


def test_a_transfer_received_yesterday_starts_the_lot_there(anywhere):
    stage = anywhere
    stage.scene("staff")
    buyer, clerk, olga = stage.visitor(), stage.visitor(), stage.newcomer("olga")
    buying.asks_price(buyer, "18,000")
    buyer.sees("20,000", "$2,000.00 less")
    buying.names_account(buyer, "Keep 18,000")
    buying.chooses_method(buyer, TRANSFER)
    buying.signs_up(buyer, stage.post, olga)
    buyer.presses("Get quote")
    number = buying.order_number(buyer)
    stage.post.brings((olga, "purchasing.quote"))

    office.signs_in(clerk)
    yesterday = clock.today() - timedelta(days=1)
    said = office.receives_transfer(clerk, number, on=yesterday, reference="WIRE 77")
    assert f"The year runs from {formats.day(yesterday)}." in said
    stage.post.brings((olga, "purchasing.payment_received"))
    assert stage.scene("lots") == [
        [last_usable_day(yesterday).isoformat(), 18_000, 18_000, 0, 0, 0, 0, "1.00"]
    ]
    buyer.page.reload()
    buyer.sees("paid", formats.day(last_usable_day(yesterday)))
