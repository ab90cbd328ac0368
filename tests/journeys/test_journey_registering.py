"""(b) A team member without an account registers three participants with the passkey."""

import pytest

from tests.journeys.steps import team
from tests.journeys.steps.scenes import OWNER

pytestmark = pytest.mark.browser

ANA, BEN, CLEO = "ana@example.com", "ben@example.com", "cleo@example.com"


def test_a_team_member_registers_three_participants(anywhere):
    stage = anywhere
    passkey = stage.company()["passkey"]
    stage.scene("classes", 40)
    member = stage.visitor()
    team.registers(member, passkey=passkey, email=ANA, others=[BEN, CLEO])
    member.sees("No approval is needed", "1,800 credits")
    team.confirms(member, "Register and pay 1,800 credits")
    member.sees_heading("You are registered")
    member.sees("Ana", "Ben", "Cleo")
    stage.post.brings(
        (ANA, "redemption.confirmed"),
        (BEN, "redemption.place_confirmed"),
        (CLEO, "redemption.place_confirmed"),
        (OWNER, "redemption.confirmed_owner"),
    )
    assert stage.scene("lots")[0][1:5] == [10_000, 8_200, 0, 1_800]


def test_a_team_checkout_takes_two_pages_and_three_fields(anywhere):
    stage = anywhere
    passkey = stage.company()["passkey"]
    [session] = stage.scene("classes", 40)
    member = stage.visitor()
    member.opens("/training/surveying/")
    member.follows(f"Register {stage.scene('when', session)}")
    member.starts_counting()
    team.fills_in(member, passkey=passkey, email=ANA)
    team.confirms(member, "Register and pay 600 credits")
    member.sees_heading("You are registered")
    assert (member.pages_until("/registrations/"), member.fields) == (2, 3)
    stage.post.brings((ANA, "redemption.confirmed"), (OWNER, "redemption.confirmed_owner"))
