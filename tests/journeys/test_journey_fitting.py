"""(g) A class after the lot's last day is refused with the reason; a later lot pays it."""

import pytest

from tests.journeys.steps import team
from tests.journeys.steps.scenes import OWNER

pytestmark = pytest.mark.browser

ANA, BEN = "ana@example.com", "ben@example.com"
REFUSAL = "Only credits that last until the end of a class can pay for it."


def test_a_class_after_the_lots_last_day_is_refused_with_the_reason(stage):
    passkey = stage.company(lots=((1_000, 30),))["passkey"]
    stage.scene("classes", 40)
    member = stage.visitor()
    team.registers(member, passkey=passkey, email=ANA)
    member.sees_heading("Register for Field Surveying")
    member.sees(REFUSAL)
    member.sees_not("1,000")
    stage.post.brings((OWNER, "redemption.too_few_credits"))
    told = stage.post.last(OWNER, "redemption.too_few_credits").text
    assert "only lots that last until the training ends can pay it" in told
    # What was typed is kept; the owner is told once a day.
    assert member.page.get_by_label("Your work email").input_value() == ANA
    member.fills("Training passkey", passkey)
    member.presses("Continue")
    member.sees(REFUSAL)
    assert stage.scene("lots")[0][1:5] == [1_000, 1_000, 0, 0]


def test_a_class_after_the_first_lots_last_day_is_paid_from_a_later_lot(stage):
    passkey = stage.company(lots=((1_000, 30), (1_000, 365)))["passkey"]
    later, sooner = (stage.scene("when", each) for each in stage.scene("classes", 40, 20))
    for email, session in [(ANA, later), (BEN, sooner)]:
        member = stage.visitor()
        team.registers(member, passkey=passkey, email=email, session=session)
        team.confirms(member, "Register and pay 600 credits")
        member.sees_heading("You are registered")
        stage.post.brings((email, "redemption.confirmed"), (OWNER, "redemption.confirmed_owner"))
    assert [lot[2:5] for lot in stage.scene("lots")] == [[400, 0, 600], [400, 0, 600]]


def test_a_course_that_outlasts_the_credits_needs_a_promise_to_finish_in_time(stage):
    passkey = stage.company(lots=((1_000, 9),))["passkey"]
    stage.scene("course")
    member = stage.visitor()
    team.registers(member, passkey=passkey, email=ANA, slug="statistics")
    member.sees("Everybody will finish by 19 March 2026, in 9 days")
    team.confirms(member, "Register and pay 300 credits")
    member.sees_heading("Check your registration")
    member.ticks("Everybody will finish by")
    team.confirms(member, "Register and pay 300 credits")
    member.sees_heading("You are registered")
    member.sees("19 March 2026")
    stage.post.brings((ANA, "redemption.confirmed"), (OWNER, "redemption.confirmed_owner"))
    assert "19 March 2026" in stage.post.last(ANA, "redemption.confirmed").text
