"""(f) A removed delegate's link, a replayed link; looking at mailed links changes nothing."""

import re
from html import unescape

import pytest

from tests.journeys.steps import approver, team
from tests.journeys.steps.scenes import DANA, OWNER

pytestmark = pytest.mark.browser

ANA = "ana@example.com"
ADDRESS = r"https?://[^\s\"'<>]+"
# Mails whose links act: the kinds that must be among those looked at.
ACTING = {
    "accounts.delegate_invited",
    "accounts.ownership_offered",
    "approvals.needed",
    "approvals.reminder",
    "purchasing.quote",
    "redemption.confirmed",
    "redemption.links",
    "redemption.lots_expiring",
    "redemption.place_confirmed",
    "redemption.request_received",
}


def asks(stage):
    """Have Ana send a request that Olga or Dana decides."""
    passkey = stage.company(approval=True, delegates=[DANA])["passkey"]
    stage.scene("classes", 40)
    member = stage.visitor()
    team.registers(member, passkey=passkey, email=ANA)
    team.confirms(member, "Send request")
    member.sees_heading("Waiting for approval")
    stage.post.fetch()


def test_a_removed_delegates_link_decides_nothing(stage):
    asks(stage)
    olga, before, after = stage.visitor(signed_in=OWNER), stage.visitor(), stage.visitor()
    approver.opens_link(before, stage.post, DANA)
    olga.opens("/accounts/")
    olga.follows("Northwind Surveying")
    olga.follows("Delegates")
    olga.presses("Remove Dana")
    stage.post.brings((DANA, "accounts.delegate_removed"))
    found = stage.scene("everything")
    # The page that was open all the while, and the link of the mail.
    before.presses("Approve")
    before.sees_heading("This link no longer decides")
    approver.opens_link(after, stage.post, DANA, status=403)
    after.sees_heading("This link no longer decides")
    after.sees_not("Ana")
    assert not after.offered("Approve")
    assert stage.scene("everything") == found


def test_a_replayed_link_decides_once(stage):
    asks(stage)
    first, second = stage.visitor(), stage.visitor()
    approver.opens_link(first, stage.post, DANA)
    approver.opens_link(second, stage.post, DANA)
    first.presses("Approve")
    first.sees(f"Approved by {DANA}")
    stage.post.brings((ANA, "redemption.confirmed"), (OWNER, "redemption.confirmed_owner"))
    found = stage.scene("everything")
    approver.declines(second, "On second thoughts.")
    second.sees(f"Approved by {DANA}")
    first.page.reload()
    approver.opens_link(first, stage.post, DANA)
    assert not first.offered("Approve")
    assert stage.scene("everything") == found


def links_of(letter):
    """Return every address in a mail, in its parts and its header for unsubscribing."""
    texts = (part for part in letter.mail.walk() if part.get_content_maintype() == "text")
    parts = [part.get_content() for part in texts]
    parts.append(str(letter.mail.get("List-Unsubscribe", "")))
    return {unescape(found).rstrip(".,)") for part in parts for found in re.findall(ADDRESS, part)}


def test_looking_at_any_mailed_link_changes_nothing(stage):
    stage.scene("letters_of_every_kind")
    stage.later(days=1, minutes=1)
    stage.run("approvals.remind_approvers", "redemption.remind_of_lots")
    letters = stage.post.fetch()
    assert ACTING - {letter.kind for letter in letters} == set()
    links = {link for letter in letters for link in links_of(letter)}
    mailed = sorted(link for link in links if link.startswith(stage.url))
    assert len(mailed) > 15
    people = [stage.visitor(), stage.visitor(signed_in=OWNER)]
    found = stage.scene("everything")
    for person in people:
        for link in mailed:
            person.page.goto(link)
            for method in ("HEAD", "GET", "OPTIONS"):
                person.page.request.fetch(link, method=method)
    assert stage.scene("everything") == found
