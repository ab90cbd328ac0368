"""What a buyer does: from the price on the landing page to the placed order."""

from tests.journeys.steps.scenes import COMPANY


def asks_price(buyer, amount):
    """Type an amount on the landing page and press Buy."""
    buyer.opens("/")
    buyer.starts_counting()
    buyer.fills("How many credits?", amount)
    buyer.presses("Buy credits")
    buyer.sees_heading("Buy credits")


def names_account(buyer, button="Continue"):
    """Name a new account on the Buy page."""
    buyer.fills("Name of your account", COMPANY)
    buyer.presses(button)
    buyer.sees_heading("How to pay")


def chooses_method(buyer, label, country="United States"):
    """Choose how to pay, and the country of the bill."""
    buyer.ticks(label)
    buyer.chooses("Country of the billing address", country)
    buyer.presses("Continue")
    buyer.sees_heading("Check your order")


def signs_up(buyer, post, email):
    """Sign up on the way, with an address and the code mailed to it."""
    buyer.follows("Sign up and place the order")
    buyer.fills("Email address", email)
    buyer.presses("Continue")
    post.brings((email, "accounts.verify_email"))
    buyer.fills("Six-digit code", post.letters[-1].find(r"\b\d{6}\b"))
    buyer.presses("Continue")
    buyer.sees_heading("Check your order")


def order_number(buyer):
    """Return the number of the order whose page is open."""
    buyer.sees_heading("Order TC-")
    return buyer.page.get_by_role("heading", level=1).inner_text().removeprefix("Order ")
