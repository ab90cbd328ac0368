"""(h) A year passes; thirty people register within an hour."""

import re
from collections import Counter

import pytest

from credits_portal.lib import clock
from tests.journeys.steps import team
from tests.journeys.steps.scenes import DANA, OWNER
from tests.journeys.steps.stage import number

pytestmark = pytest.mark.browser

ANA, BEN = "ana@example.com", "ben@example.com"
NIGHTLY = [
    "accounts.expire_lots",
    "redemption.remind_of_lots",
    "redemption.remind_participants",
    "redemption.end_courses",
]
OF_A_YEAR = {
    "2026-04-12": [(ANA, "redemption.class_reminder")],
    "2026-04-18": [(ANA, "redemption.class_reminder")],
    **{
        day: [(OWNER, "redemption.lots_expiring"), (DANA, "redemption.lots_expiring")]
        for day in ("2026-12-10", "2027-01-09", "2027-02-24", "2027-03-09")
    },
    **{
        day: [
            (OWNER, "redemption.lots_expiring"),
            (DANA, "redemption.lots_expiring"),
            (BEN, "redemption.finish_reminder"),
        ]
        for day in ("2027-02-08", "2027-03-03")
    },
    "2027-03-11": [
        (OWNER, "redemption.lots_expired"),
        (BEN, "redemption.access_ended"),
    ],
}


def passes(stage, days, mails, *, step=1):
    """Let days pass, doing the tasks of every `step`th; keep what was mailed by day.

    Tasks that had something to mail are done again, and must have nothing then.
    """
    for _ in range(0, days, step):
        stage.later(days=step)
        stage.run(*NIGHTLY)
        if new := stage.post.fetch():
            mails[clock.today().isoformat()] = [(each.recipient, each.kind) for each in new]
            stage.run(*NIGHTLY)
            stage.post.brings()


def registers(stage, *, passkey, email, slug, credits):
    """Register somebody; return the window, at the registration's page."""
    member = stage.visitor()
    team.registers(member, passkey=passkey, email=email, slug=slug)
    team.confirms(member, f"Register and pay {credits} credits")
    member.sees_heading("You are registered")
    stage.post.brings((email, "redemption.confirmed"), (OWNER, "redemption.confirmed_owner"))
    return member


def statement(owner):
    """Return change and balance of each line of the statement, the oldest first."""
    lines = owner.page.locator("tbody tr").all_inner_texts()
    figures = [re.findall(r"[-−+]?[\d,]+$", line, re.MULTILINE) for line in reversed(lines)]
    return [[signed(each) for each in found[-2:]] for found in figures]


def signed(text):
    """Return a number with its sign."""
    return -number(text) if text[0] in "-−" else number(text)


def test_a_year_passes(stage):
    passkey = stage.company(lots=((10_000, 365),), delegates=[DANA])["passkey"]
    stage.scene("classes", 40)
    stage.scene("course")
    mails = {}
    registers(stage, passkey=passkey, email=ANA, slug="surveying", credits=600)
    passes(stage, 41, mails)
    passes(stage, 224, mails, step=7)
    passes(stage, 35, mails)
    ben = registers(stage, passkey=passkey, email=BEN, slug="statistics", credits=300)
    ben.presses("Start training")
    ben.sees("Finish by 10 March 2027")
    passes(stage, 70, mails)
    assert {day: Counter(found) for day, found in mails.items()} == {
        day: Counter(expected) for day, expected in OF_A_YEAR.items()
    }

    ben.page.reload()
    ben.sees_heading("This registration is over")
    ben.sees("missed")
    assert stage.scene("lots") == [["2027-03-10", 10_000, 0, 0, 900, 9_100, 0, "1.00"]]
    owner = stage.visitor(signed_in=OWNER)
    owner.opens("/accounts/")
    owner.follows("Northwind Surveying")
    owner.follows("Whole statement")
    assert statement(owner) == [[10_000, 10_000], [-600, 9_400], [-300, 9_100], [-9_100, 0]]
    assert stage.scene("violations") == []


@pytest.mark.parametrize("script", [True], ids=["both"], indirect=True)
def test_thirty_people_register_within_an_hour(stage):
    """Every other one without scripts."""
    passkey = stage.company(lots=((20_000, 365),))["passkey"]
    stage.scene("classes", 40, seats=30)
    people = [f"person{each}@example.com" for each in range(30)]
    for turn, email in enumerate(people):
        stage.later(minutes=2)
        member = stage.visitor(script=bool(turn % 2))
        member.opens("/training/surveying/register/")
        member.page.get_by_role("radio").first.check()
        team.fills_in(member, passkey=passkey, email=email)
        team.confirms(member, "Register and pay 600 credits")
        member.sees_heading("You are registered")
        member.page.context.close()
    stage.post.brings(
        *((email, "redemption.confirmed") for email in people),
        *((OWNER, "redemption.confirmed_owner") for _ in people),
    )
    assert stage.scene("lots")[0][1:5] == [20_000, 2_000, 0, 18_000]
