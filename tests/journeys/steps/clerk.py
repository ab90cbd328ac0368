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


def opens_class(clerk, session):
    """Open a class in the admin."""
    clerk.opens(f"/admin/redemption/trainingsession/{session}/change/")


def moves_class(clerk, session, starts, ends, reason):
    """Move a class, after its preview, with the reason that participants read."""
    opens_class(clerk, session)
    clerk.follows("Move")
    clerk.fills("New start", starts)
    clerk.fills("New end", ends)
    clerk.fills("Reason", reason)
    clerk.presses("Preview")
    clerk.presses("Move")
    clerk.page.get_by_text("Done: Moved.").wait_for()


def calls_class_off(clerk, session, reason):
    """Call a class off, with the reason that participants read."""
    opens_class(clerk, session)
    clerk.follows("Call off")
    clerk.fills("Reason", reason)
    clerk.presses("Call off")
    clerk.page.get_by_text("Done: Called off.").wait_for()
