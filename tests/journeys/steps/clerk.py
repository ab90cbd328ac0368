"""What the programme's staff do in the admin."""

from tests.journeys.steps.scenes import PASSWORD, STAFF


def signs_in(clerk):
    """Sign in with a password."""
    clerk.opens("/sign-in/?next=/admin/")
    clerk.fills("Email address", STAFF)
    clerk.fills("Password", PASSWORD)
    clerk.presses("Continue")
    clerk.page.wait_for_url("**/admin/")


def receives_transfer(clerk, number, *, on, reference):
    """Book a transfer received on a day, after its preview; return what the preview said."""
    clerk.opens("/admin/purchasing/order/")
    clerk.follows(number)
    clerk.follows("Transfer received")
    clerk.fills("Received on", on.isoformat())
    clerk.fills("Bank reference", reference)
    clerk.presses("Preview")
    said = clerk.page.locator("#content").inner_text()
    clerk.presses("Book the transfer")
    clerk.page.get_by_text("The transfer is booked.").wait_for()
    return said
