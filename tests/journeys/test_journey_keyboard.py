"""Five journeys by keyboard alone, where the focus stands always seen (design-system.md)."""

import pytest

from tests.journeys.steps import approver, team
from tests.journeys.steps import buyer as buying
from tests.journeys.steps.scenes import DANA, OWNER

pytestmark = pytest.mark.browser

ANA = "ana@example.com"


def registered(stage, *, approval=False):
    """Found the company and have Ana send a registration without a mouse; return her window."""
    passkey = stage.company(approval=approval, delegates=[DANA])["passkey"]
    stage.scene("classes", 40)
    ana = stage.visitor(keyboard=True)
    team.registers(ana, passkey=passkey, email=ANA)
    team.confirms(ana, "Send request" if approval else "Register and pay 600 credits")
    stage.post.fetch()
    return ana


def test_credits_are_bought_by_keyboard(stage):
    buyer = stage.visitor(keyboard=True)
    buying.asks_price(buyer, "18,000")
    buying.names_account(buyer, "Switch to 20,000")
    buying.chooses_method(buyer, "Quote and bank transfer")
    olga = stage.newcomer("olga")
    buying.signs_up(buyer, stage.post, olga)
    buyer.presses("Get quote")
    assert buying.order_number(buyer)
    stage.post.brings((olga, "purchasing.quote"))


def test_a_team_member_registers_by_keyboard(stage):
    ana = registered(stage)
    ana.sees_heading("You are registered")


def test_a_delegate_approves_by_keyboard(stage):
    registered(stage, approval=True)
    dana = stage.visitor(keyboard=True)
    approver.opens_link(dana, stage.post, DANA)
    dana.presses("Approve")
    dana.sees(f"Approved by {DANA}")
    stage.post.brings((ANA, "redemption.confirmed"), (OWNER, "redemption.confirmed_owner"))


def test_a_registration_is_cancelled_by_keyboard(stage):
    ana = registered(stage)
    ana.follows("Cancel")
    ana.presses("Cancel and return the credits")
    ana.sees_heading("This registration is cancelled")
    stage.post.brings((ANA, "redemption.cancelled"), (OWNER, "redemption.cancelled_owner"))


def test_a_report_is_read_and_downloaded_by_keyboard(stage):
    registered(stage)
    olga = stage.visitor(signed_in=OWNER, keyboard=True)
    olga.opens("/accounts/")
    olga.follows("Northwind Surveying")
    olga.follows("Reports")
    olga.follows("Usage")
    olga.sees_heading("Usage")
    olga.sees("Ana", "600")
    assert "600" in olga.downloads("Download as CSV")
