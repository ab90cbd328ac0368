"""(e) The programme moves a class, or calls it off: the lots of rules.md 6."""

from datetime import timedelta

import pytest

from credits_portal.lib import clock
from tests.journeys.steps import clerk as office
from tests.journeys.steps import team
from tests.journeys.steps.scenes import DANA, OWNER

pytestmark = pytest.mark.browser

ANA, BEN = "ana@example.com", "ben@example.com"
IN_A_YEAR = ["2027-03-10", 10_000, 10_000, 0, 0, 0, 0, "1.00"]


def sixty_days_on():
    """Return the last day of a lot of 60 days made today."""
    return (clock.today() + timedelta(days=60)).isoformat()


def register(stage):
    """Have Ana registered for a class, paid from a lot of 50 days; return class and window."""
    passkey = stage.company(lots=((600, 50), (10_000, 365)))["passkey"]
    stage.scene("staff")
    [session] = stage.scene("classes", 40)
    member = stage.visitor()
    team.registers(member, passkey=passkey, email=ANA)
    team.confirms(member, "Register and pay 600 credits")
    member.sees_heading("You are registered")
    stage.post.brings((ANA, "redemption.confirmed"), (OWNER, "redemption.confirmed_owner"))
    assert stage.scene("lots") == [["2026-04-29", 600, 0, 0, 600, 0, 0, "1.00"], IN_A_YEAR]
    return session, member


def move(stage, session):
    """Have staff move the class to July; everybody is told."""
    stage.later(hours=1)
    clerk = stage.visitor(signed_in=office.STAFF)
    office.moves_class(
        clerk, session, "2026-07-08T09:00", "2026-07-08T17:00", "The trainer is ill."
    )
    stage.post.brings((ANA, "redemption.class_moved"), (OWNER, "redemption.class_moved_owner"))
    moved = stage.post.last(ANA, "redemption.class_moved")
    assert "8 July 2026" in moved.text
    assert "The trainer is ill." in moved.text
    assert moved.files == ["training.ics"]
    return clerk


def test_a_moved_class_stays_booked_and_can_be_cancelled_for_a_lot_of_sixty_days(stage):
    session, member = register(stage)
    move(stage, session)
    member.page.reload()
    member.sees_heading("You are registered")
    member.sees("8 July 2026")
    stage.later(days=3)
    member.follows("Cancel")
    member.sees("600 credits go back", "12 May 2026")
    member.presses("Cancel and return the credits")
    assert stage.scene("lots") == [
        ["2026-04-29", 600, 0, 0, 0, 0, 600, "1.00"],
        IN_A_YEAR,
        [sixty_days_on(), 600, 600, 0, 0, 0, 0, "1.00"],
    ]
    stage.post.brings((ANA, "redemption.cancelled"), (OWNER, "redemption.cancelled_owner"))
    assert "12 May 2026" in stage.post.last(ANA, "redemption.cancelled").text


def test_a_class_called_off_after_its_lot_expired_returns_credits_at_no_price(stage):
    session, member = register(stage)
    clerk = move(stage, session)
    stage.later(days=60)
    office.calls_class_off(clerk, session, "The trainer is still ill.")
    assert stage.scene("lots") == [
        ["2026-04-29", 600, 0, 0, 0, 600, 0, "1.00"],
        IN_A_YEAR,
        [sixty_days_on(), 600, 600, 0, 0, 0, 0, "0.00"],
    ]
    stage.post.brings(
        (ANA, "redemption.class_cancelled"), (OWNER, "redemption.class_cancelled_owner")
    )
    assert "The trainer is still ill." in stage.post.last(ANA, "redemption.class_cancelled").text
    member.page.reload()
    member.sees_heading("This registration is cancelled")


def test_a_class_called_off_returns_what_was_paid_and_what_was_held(stage):
    session, _member = register(stage)
    passkey = stage.scene("wants_approval", delegates=[DANA])
    stage.post.fetch()
    other = stage.visitor()
    team.registers(other, passkey=passkey, email=BEN)
    team.confirms(other, "Send request")
    other.sees_heading("Waiting for approval")
    stage.post.brings(
        (BEN, "redemption.request_received"),
        (OWNER, "approvals.needed"),
        (DANA, "approvals.needed"),
    )
    office.calls_class_off(stage.visitor(signed_in=office.STAFF), session, "Too few people.")
    assert stage.scene("lots") == [
        ["2026-04-29", 600, 0, 0, 0, 0, 600, "1.00"],
        IN_A_YEAR,
        [sixty_days_on(), 600, 600, 0, 0, 0, 0, "1.00"],
    ]
    stage.post.brings(
        (ANA, "redemption.class_cancelled"),
        (BEN, "redemption.class_cancelled"),
        (OWNER, "redemption.class_cancelled_owner"),
        (OWNER, "redemption.class_cancelled_owner"),
    )
    dana = stage.visitor()
    dana.opens(stage.post.last(DANA, "approvals.needed").link("/approvals/"))
    dana.sees("Too few people.", "available again")
