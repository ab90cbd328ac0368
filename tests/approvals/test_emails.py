"""The approvers' mails say all that is needed to decide, and carry a link of their own."""

from datetime import timedelta

import pytest

from accounts.models import CreditAccount
from approvals import tasks
from credits_portal.lib import clock
from credits_portal.lib.links import absolute
from redemption.services import move_session
from tests.factories import approvals as factories
from tests.factories.redemption import CourseFactory
from tests.mailbox import assert_good_mail, html_of, links_in, mail_to


def test_the_mail_is_well_made(approval):
    assert_good_mail(mail_to("dana@example.com"))


def test_the_subject_tells_who_class_and_price(approval):
    assert mail_to("dana@example.com").subject == (
        "Approval needed: Ana Lima, Field Surveying, 600 credits"
    )


@pytest.mark.parametrize(
    "fact",
    [
        "Ana Lima",
        "ana.guest@example.com",
        "9 April 2026, 14:00 CEST",
        "600 credits, last day 10 March 2027",
        "9,400 credits",
        "Decide by: 17 March 2026, 08:00 EDT",
        "Last moment to cancel: 26 March 2026, 13:00 CET",
    ],
)
def test_text_and_html_tell_the_same_facts(approval, fact):
    message = mail_to("dana@example.com")
    name = fact.rpartition(": ")[2]
    assert (fact in message.body, name in html_of(message)) == (True, True)


def test_each_approver_has_a_link_of_their_own(approval):
    assert links_in(mail_to("dana@example.com")) != links_in(mail_to("olga@example.com"))


def test_the_reminder_is_well_made(approval, moving_clock):
    moving_clock.advance(hours=24)
    tasks.remind_approvers()
    message = mail_to("dana@example.com")
    assert message.subject.startswith("Still waiting for approval: Ana Lima")
    assert_good_mail(message)


def test_the_reminder_carries_the_same_link(approval, moving_clock):
    first = links_in(mail_to("dana@example.com"))
    moving_clock.advance(hours=24)
    tasks.remind_approvers()
    assert links_in(mail_to("dana@example.com")) == first


def test_an_on_demand_request_names_the_finish_by_date(account):
    factories.ask(account, None, training=CourseFactory())
    message = mail_to("olga@example.com")
    assert "On demand, to finish by 10 March 2027" in message.body
    assert_good_mail(message)


def test_a_note_with_markup_is_escaped_in_html(account, session):
    factories.ask(account, session, note="<b>urgent</b>")
    html = html_of(mail_to("olga@example.com"))
    assert "&lt;b&gt;urgent&lt;/b&gt;" in html


def test_line_breaks_in_an_account_name_stay_out_of_the_mail(account, session):
    CreditAccount.objects.filter(pk=account.pk).update(name="<i>Team</i>")
    factories.ask(account, session)
    assert "<i>" not in html_of(mail_to("olga@example.com"))


@pytest.fixture
def moved(approval, session):
    """The mail to a delegate after the class was moved to the day after tomorrow."""
    starts_at = clock.now() + timedelta(hours=60)
    ends_at = starts_at + timedelta(hours=8)
    move_session(
        session=session, starts_at=starts_at, ends_at=ends_at, notice="The trainer is ill & away"
    )
    return mail_to("dana@example.com")


def test_the_mail_about_a_moved_class_is_well_made(moved):
    assert_good_mail(moved)


@pytest.mark.parametrize(
    "fact",
    ["13 March 2026, 01:00 CET", "Decide by 11 March 2026, 20:00 EDT", "The trainer is ill & away"],
)
def test_the_mail_about_a_moved_class_tells_the_new_terms(moved, fact):
    assert fact in moved.body


def test_the_mail_about_a_moved_class_carries_the_link_of_the_first(approval, moved, link_of):
    link = absolute(link_of("dana@example.com").get_absolute_url())
    assert link in links_in(moved)
