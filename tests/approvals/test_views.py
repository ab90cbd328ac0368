"""The decision page and the inbox: GET shows, POST decides, every other case is explained."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.services import freeze, remove_delegate
from redemption.services import Person, replace, withdraw
from tests.factories import approvals as factories
from tests.factories.accounts import UserFactory

APPROVE = {"decision": "approve"}
DECLINE = {"decision": "decline", "reason": "Next year"}


@pytest.fixture
def link(link_of):
    return link_of("dana@example.com").get_absolute_url()


def terms_on(page):
    """Return what the page's forms send along, if it has any."""
    found = re.search(r'name="terms" value="(\w+)"', page.content.decode())
    return found[1] if found else ""


def post(client, address, data, **options):
    """Send `data` from the page as it is now."""
    return client.post(address, {"terms": terms_on(client.get(address)), **data}, **options)


def status_of(approval):
    approval.refresh_from_db()
    return approval.status


def text_of(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(client, approval, link, method):
    getattr(client, method)(link)
    assert status_of(approval) == "open"


def test_the_page_says_as_whom_one_decides(client, link):
    assert "Deciding as dana@example.com" in text_of(client.get(link))


@pytest.mark.parametrize(
    "fact", ["Ana Lima", "Field Surveying", "600 credits", "9,400 credits", "10 March 2027"]
)
def test_the_page_shows_what_is_decided(client, link, fact):
    assert fact in text_of(client.get(link))


def test_the_page_is_never_stored(client, link):
    assert "no-store" in client.get(link)["Cache-Control"]


def test_the_title_holds_no_token(client, link, link_of):
    token = link_of("dana@example.com").link_token
    title = text_of(client.get(link)).partition("</title>")[0]
    assert token not in title


def test_approving_by_link_shows_the_outcome(client, link):
    response = post(client, link, APPROVE, follow=True)
    assert "Approved by dana@example.com on 10 March 2026" in text_of(response)


def test_declining_by_link_shows_the_reason_told(client, approval, link):
    response = post(client, link, DECLINE, follow=True)
    assert (status_of(approval), "Next year" in text_of(response)) == ("declined", True)


def test_declining_without_a_reason_asks_for_one(client, approval, link):
    response = post(client, link, {"decision": "decline"})
    assert (response.status_code, status_of(approval)) == (400, "open")
    assert "Write a reason" in text_of(response)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"decision": ""},
        {"decision": "maybe"},
        {"reason": "x"},
        {"decision": "decline", "reason": "\x00"},
        {"decision": "decline", "reason": "x" * 501},
    ],
)
def test_anything_else_posted_changes_nothing(client, approval, link, data):
    assert (post(client, link, data).status_code, status_of(approval)) == (400, "open")


def test_the_second_approver_is_shown_the_outcome(client, link, link_of):
    post(client, link, APPROVE)
    response = client.get(link_of("olga@example.com").get_absolute_url())
    assert "Approved by dana@example.com" in text_of(response)


def test_the_second_approvers_decision_is_refused_with_the_outcome(client, approval, link, link_of):
    post(client, link, APPROVE)
    response = post(client, link_of("olga@example.com").get_absolute_url(), DECLINE)
    assert (response.status_code, status_of(approval)) == (409, "approved")
    assert "Approved by dana@example.com" in text_of(response)


def test_a_replayed_decision_changes_nothing(client, approval, link):
    post(client, link, APPROVE)
    assert (post(client, link, DECLINE).status_code, status_of(approval)) == (409, "approved")


def test_a_removed_delegates_link_is_refused(client, approval, account, delegate, link):
    remove_delegate(delegate=delegate, actor=account.owner)
    assert (post(client, link, APPROVE).status_code, status_of(approval)) == (403, "open")


def test_a_removed_delegates_link_shows_nothing_of_the_request(client, account, delegate, link):
    remove_delegate(delegate=delegate, actor=account.owner)
    response = client.get(link)
    assert (response.status_code, "Ana Lima" in text_of(response)) == (403, False)


def test_a_withdrawn_request_says_so(client, approval, link):
    withdraw(redemption=approval.redemption, actor="registration:1")
    assert "Withdrawn on 10 March 2026" in text_of(client.get(link))


def test_past_decide_by_the_page_says_that_it_lapsed(client, approval, link, moving_clock):
    moving_clock.moment = approval.redemption.decide_by
    response = post(client, link, APPROVE)
    assert (response.status_code, status_of(approval)) == (409, "open")
    assert "so the request lapsed" in text_of(response)


def test_a_frozen_account_is_explained_before_and_after_approving(client, account, link):
    freeze(account=account, reason="Charge-back")
    before, after = client.get(link), post(client, link, APPROVE)
    assert "Spending from this account is frozen" in text_of(before)
    assert (after.status_code, "so nothing was approved" in text_of(after)) == (403, True)


def test_above_the_owners_amount_the_page_leads_to_signing_in(client, approval, account, link):
    account.sign_in_above = 100
    account.save(update_fields=["sign_in_above"])
    page = text_of(client.get(link))
    back = reverse("approvals:request", args=[approval.redemption.reference])
    assert f"?next={back.replace('/', '%2F')}" in page
    assert "Approve</button>" not in page


def test_above_the_owners_amount_a_post_by_link_is_refused(client, approval, account, link):
    account.sign_in_above = 100
    account.save(update_fields=["sign_in_above"])
    assert (post(client, link, APPROVE).status_code, status_of(approval)) == (403, "open")


def test_a_made_up_link_is_not_found(client, db):
    assert client.get(reverse("approvals:decision", args=["x" * 43])).status_code == 404


def test_another_requests_link_decides_only_its_own(client, approval, account, session, link):
    other = factories.ask(account, session, "ben@example.com").approval
    post(client, other.links.get(email="dana@example.com").get_absolute_url(), APPROVE)
    assert (status_of(other), status_of(approval)) == ("approved", "open")


def test_a_decision_needs_the_csrf_token(approval, link):

    response = Client(enforce_csrf_checks=True).post(link, APPROVE)
    assert (response.status_code, status_of(approval)) == (403, "open")


def test_the_mailed_link_shows_the_terms_as_they_are_now(client, session, link):
    change_place(session)
    assert "The big hall" in text_of(client.get(link))


def change_place(session):
    session.place = "The big hall"
    session.save(update_fields=["place"])


@pytest.mark.parametrize("data", [APPROVE, DECLINE])
def test_terms_that_the_page_did_not_show_are_not_decided(client, approval, session, link, data):
    terms = terms_on(client.get(link))
    change_place(session)
    response = client.post(link, data | {"terms": terms})
    assert (response.status_code, status_of(approval)) == (409, "open")


def test_changed_terms_are_shown_again_with_what_was_typed(client, session, link):
    terms = terms_on(client.get(link))
    change_place(session)
    page = text_of(client.post(link, DECLINE | {"terms": terms}))
    assert "The request has changed since this page was opened" in page
    assert "The big hall" in page
    assert "Next year</textarea>" in page


def test_changed_terms_once_shown_can_be_decided(client, approval, session, link):
    terms = terms_on(client.get(link))
    change_place(session)
    again = terms_on(client.post(link, APPROVE | {"terms": terms}))
    client.post(link, APPROVE | {"terms": again})
    assert status_of(approval) == "approved"


def test_a_decision_without_a_page_shows_the_page(client, approval, link):
    response = client.post(link, APPROVE)
    assert (response.status_code, status_of(approval)) == (409, "open")


def test_terms_stay_the_same_while_only_time_passes(client, link, moving_clock):
    before = terms_on(client.get(link))
    moving_clock.advance(hours=5)
    assert terms_on(client.get(link)) == before


def test_a_balance_spent_elsewhere_changes_no_terms(client, account, session, link):
    before = terms_on(client.get(link))
    factories.ask(account, session, "ben@example.com")
    assert terms_on(client.get(link)) == before


def test_a_replaced_participant_is_shown_instead_of_the_first(client, approval, link):
    place = approval.redemption.registrations.get()
    replace(redemption=approval.redemption, place=place, person=Person("Zoe", "zoe@example.com"))
    page = text_of(client.get(link))
    assert ("zoe@example.com" in page, place.email in page) == (True, False)


def test_the_owner_decides_in_the_inbox(client, approval, owner):
    client.force_login(owner)
    terms = terms_on(client.get(reverse("approvals:inbox")))
    client.post(approval.get_absolute_url(), APPROVE | {"terms": terms})
    approval.refresh_from_db()
    assert (approval.status, approval.how) == ("approved", "signed_in")


def test_the_inbox_lists_what_waits_and_what_was_decided(client, approval, account, session, owner):
    client.force_login(owner)
    other = factories.ask(account, session, "ben@example.com").approval
    post(client, other.get_absolute_url(), APPROVE)
    page = text_of(client.get(reverse("approvals:inbox")))
    assert "One request waits for a decision." in page
    assert '<span class="tag ok">approved</span>' in page


def test_a_delegate_with_a_sign_in_sees_the_inbox(client, approval):
    client.force_login(UserFactory(email="dana@example.com"))
    assert "Ana Lima" in text_of(client.get(reverse("approvals:inbox")))


def test_somebody_elses_inbox_is_empty(client, approval):
    client.force_login(UserFactory())
    assert "Nothing waits for your decision" in text_of(client.get(reverse("approvals:inbox")))


def test_somebody_elses_request_is_not_found(client, approval):
    client.force_login(UserFactory())
    assert client.get(approval.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("name", ["inbox", "request"])
def test_the_inbox_asks_to_sign_in(client, approval, name):
    args = [approval.redemption.reference] if name == "request" else []
    response = client.get(reverse(f"approvals:{name}", args=args))
    assert response.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("number", ["-1", "0", "1e9", "2", "9" * 30])
def test_a_page_that_is_not_there_is_not_found(client, approval, owner, number):
    client.force_login(owner)
    assert client.get(reverse("approvals:inbox"), {"page": number}).status_code == 404


def test_a_request_more_costs_no_query_more(client, approval, session, django_assert_num_queries):
    account = approval.account
    client.force_login(account.owner)
    with django_assert_num_queries(9):
        client.get(reverse("approvals:inbox"))
    for name in ("ben", "cyd"):
        factories.ask(account, session, f"{name}@example.com", names=(name, f"{name}2"))
    with django_assert_num_queries(9):
        client.get(reverse("approvals:inbox"))
