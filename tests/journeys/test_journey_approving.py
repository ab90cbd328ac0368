"""(c) Approval from the mail in two clicks; (d) declined, lapsed and withdrawn requests."""

import pytest

from tests.journeys.steps import approver, team
from tests.journeys.steps.scenes import DANA, OWNER

pytestmark = pytest.mark.browser

ANA = "ana@example.com"
ASKED = [
    (ANA, "redemption.request_received"),
    (OWNER, "approvals.needed"),
    (DANA, "approvals.needed"),
]


def asks(anywhere):
    stage = anywhere
    """Found a company that approves, and have Ana send a request; return her window."""
    passkey = stage.company(approval=True, delegates=[DANA])["passkey"]
    stage.scene("classes", 40)
    member = stage.visitor()
    team.registers(member, passkey=passkey, email=ANA)
    member.sees("This needs approval", "Olga", "Dana")
    team.confirms(member, "Send request")
    member.sees_heading("Waiting for approval")
    stage.post.brings(*ASKED)
    assert stage.scene("lots")[0][1:5] == [10_000, 9_400, 600, 0]
    return member


def test_a_delegate_approves_from_the_mail_in_two_clicks(anywhere):
    stage = anywhere
    member = asks(stage)
    dana, olga = stage.visitor(), stage.visitor()
    approver.opens_link(dana, stage.post, DANA)
    dana.sees(f"Deciding as {DANA}", "Field Surveying", "600 credits")
    dana.presses("Approve")
    dana.sees(f"Approved by {DANA}")
    assert (dana.clicks, dana.fields) == (2, 0)
    stage.post.brings((ANA, "redemption.confirmed"), (OWNER, "redemption.confirmed_owner"))
    assert stage.scene("lots")[0][1:5] == [10_000, 9_400, 0, 600]
    member.page.reload()
    member.sees_heading("You are registered")
    # The second approver sees what was decided, and can decide nothing.
    approver.opens_link(olga, stage.post, OWNER)
    olga.sees(f"Approved by {DANA}")
    assert not olga.offered("Approve")
    assert stage.post.last(ANA, "redemption.confirmed").files == ["training.ics"]


def test_a_declined_request_tells_the_reason_and_can_be_sent_again(anywhere):
    stage = anywhere
    member = asks(stage)
    olga = stage.visitor()
    approver.opens_link(olga, stage.post, OWNER)
    approver.declines(olga, "Next year, when the drones are here.")
    olga.sees(f"Declined by {OWNER}")
    stage.post.brings((ANA, "redemption.declined"))
    assert "Next year, when the drones are here." in stage.post.letters[-1].text
    assert stage.scene("lots")[0][1:5] == [10_000, 10_000, 0, 0]
    member.page.reload()
    member.sees_heading("declined")
    member.sees("Next year, when the drones are here.")
    member.presses("Ask again")
    member.sees_heading("Register for Field Surveying")
    member.fills("Training passkey", stage.scene("passkey_of_owner"))
    member.presses("Continue")
    team.confirms(member, "Send request")
    member.sees_heading("Waiting for approval")
    stage.post.brings(*ASKED)


def test_a_withdrawn_request_leaves_nothing_to_decide(anywhere):
    stage = anywhere
    member = asks(stage)
    member.presses("Take the request back")
    member.sees("Nothing was spent")
    stage.post.brings((ANA, "redemption.withdrawn"))
    assert stage.scene("lots")[0][1:5] == [10_000, 10_000, 0, 0]
    dana = stage.visitor()
    approver.opens_link(dana, stage.post, DANA)
    dana.sees("Withdrawn on", "nothing left to decide")
    assert not dana.offered("Approve")


def test_a_request_that_nobody_decides_is_reminded_of_and_lapses(stage):
    member = asks(stage)
    for days, expected in [
        (1, [(OWNER, "approvals.reminder"), (DANA, "approvals.reminder")]),
        (2, [(OWNER, "approvals.reminder"), (DANA, "approvals.reminder")]),
        (3, []),
        (1, [(ANA, "redemption.lapsed"), (OWNER, "redemption.lapsed_owner")]),
        (1, []),
    ]:
        stage.later(days=days, minutes=1)
        stage.run("approvals.remind_approvers", "approvals.lapse_due_requests")
        stage.post.brings(*expected)
    assert stage.scene("lots")[0][1:5] == [10_000, 10_000, 0, 0]
    member.page.reload()
    member.sees("Nobody decided in time")
    dana = stage.visitor()
    approver.opens_link(dana, stage.post, DANA, "approvals.reminder")
    dana.sees("the request lapsed")
    assert not dana.offered("Approve")
