"""(e) Cancelled wholly and one participant, moved to another date, a participant replaced."""

import pytest

from tests.journeys.steps import team
from tests.journeys.steps.scenes import OWNER

pytestmark = pytest.mark.browser

ANA, BEN, CLEO, DORA = "ana@example.com", "ben@example.com", "cleo@example.com", "dora@example.com"
SHORT, LONG = "9 May 2026", "10 March 2027"  # the last days of the lots


def figures(stage):
    """Return what is available and what is redeemed of each lot."""
    return [(lot[2], lot[4]) for lot in stage.scene("lots")]


def registers(stage, *others, lots=((900, 60), (10_000, 365))):
    """Have Ana, and others, registered for a class in 40 days; return her window."""
    passkey = stage.company(lots=lots)["passkey"]
    first = stage.scene("classes", 40, 100)[0]
    member = stage.visitor()
    session = stage.scene("when", first)
    team.registers(member, passkey=passkey, email=ANA, session=session, others=others)
    team.confirms(member, f"Register and pay {600 * (1 + len(others)):,} credits")
    member.sees_heading("You are registered")
    stage.post.brings(
        (ANA, "redemption.confirmed"),
        (OWNER, "redemption.confirmed_owner"),
        *((other, "redemption.place_confirmed") for other in others),
    )
    return member


def test_one_place_and_then_the_rest_is_cancelled_into_the_right_lots(stage):
    member = registers(stage, BEN, CLEO)
    assert figures(stage) == [(0, 900), (9_100, 900)]
    member.follows("Cancel this place Cleo")
    member.sees("Cleo", "600 credits go back", f"600 credits can be used until {LONG}")
    member.presses("Cancel and return the credits")
    member.sees("Cancelled. The mail says which credits returned.")
    assert figures(stage) == [(0, 900), (9_700, 300)]
    stage.post.brings(
        (ANA, "redemption.cancelled"),
        (OWNER, "redemption.cancelled_owner"),
        (CLEO, "redemption.place_cancelled"),
    )
    assert LONG in stage.post.last(ANA, "redemption.cancelled").text

    member.follows("Cancel")
    member.sees("Ana", "Ben", "1,200 credits go back")
    member.sees(f"300 credits can be used until {LONG}", f"900 credits can be used until {SHORT}")
    member.presses("Cancel and return the credits")
    member.sees_heading("This registration is cancelled")
    assert figures(stage) == [(900, 0), (10_000, 0)]
    stage.post.brings(
        (ANA, "redemption.cancelled"),
        (OWNER, "redemption.cancelled_owner"),
        (BEN, "redemption.place_cancelled"),
    )


def test_a_later_date_draws_the_credits_that_last_until_then(stage):
    member = registers(stage, BEN, lots=((1_200, 60), (10_000, 365)))
    assert figures(stage) == [(0, 1_200), (10_000, 0)]
    member.follows("Change the date")
    member.presses("Move to this date")
    member.sees("Choose one of the dates that are open.")
    member.page.get_by_role("radio").first.check()
    member.presses("Move to this date")
    member.sees("The date is changed.")
    assert figures(stage) == [(1_200, 0), (8_800, 1_200)]
    stage.post.brings(
        (ANA, "redemption.date_changed"),
        (OWNER, "redemption.date_changed_owner"),
        (BEN, "redemption.place_date_changed"),
    )
    assert stage.post.last(BEN, "redemption.place_date_changed").files == ["training.ics"]


def test_a_participant_is_replaced_and_no_credits_move(stage):
    member = registers(stage, BEN)
    before = figures(stage)
    member.follows("Replace Ben")
    member.fills("Name of the new participant", "Dora")
    member.fills("Their work email", DORA)
    member.presses("Pass the place on")
    member.sees("Dora", "in place of Ben")
    assert figures(stage) == before
    stage.post.brings(
        (BEN, "redemption.place_passed_on"),
        (DORA, "redemption.place_confirmed"),
        (OWNER, "redemption.replaced_owner"),
    )
    dora = stage.visitor()
    dora.opens(stage.post.last(DORA, "redemption.place_confirmed").link("/registrations/"))
    dora.sees_heading("Your place: Field Surveying")
    assert not dora.offered("Cancel")
    ben = stage.visitor()
    ben.opens(stage.post.last(BEN, "redemption.place_confirmed").link("/registrations/"))
    ben.sees("cancelled")
