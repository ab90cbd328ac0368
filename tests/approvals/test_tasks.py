"""The wake-ups: lapses and reminders, once each, however late (rules.md 5)."""

import pytest

from accounts.ledger import balance
from accounts.services import remove_delegate
from approvals import services, tasks
from approvals.models import ApprovalRequest
from credits_portal.outbox.models import OutboundMail
from redemption.models import Registration
from tests.factories import approvals as factories

pytestmark = pytest.mark.django_db


def reminders():
    return OutboundMail.objects.filter(name="approvals.reminder")


def test_at_decide_by_the_request_lapses(approval, moving_clock):
    moving_clock.moment = approval.redemption.decide_by
    tasks.lapse_due_requests()
    approval.refresh_from_db()
    assert approval.status == ApprovalRequest.Status.LAPSED


def test_a_lapse_releases_the_credits(approval, account, moving_clock):
    moving_clock.moment = approval.redemption.decide_by
    tasks.lapse_due_requests()
    assert (balance(account=account).held, balance(account=account).available) == (0, 10_000)


def test_a_lapse_frees_the_seats(approval, moving_clock):
    moving_clock.moment = approval.redemption.decide_by
    tasks.lapse_due_requests()
    assert not Registration.objects.seated().exists()


def test_registrant_and_owner_are_told_of_a_lapse(approval, moving_clock):
    moving_clock.moment = approval.redemption.decide_by
    before = set(OutboundMail.objects.values_list("pk", flat=True))
    tasks.lapse_due_requests()
    told = OutboundMail.objects.exclude(pk__in=before).values_list("recipient", flat=True)
    assert sorted(told) == ["ana@example.com", "olga@example.com"]


def test_nothing_lapses_before_its_time(approval, moving_clock):
    moving_clock.advance(days=6)
    tasks.lapse_due_requests()
    approval.refresh_from_db()
    assert approval.is_open


def test_lapsing_twice_is_lapsing_once(approval, moving_clock):
    moving_clock.moment = approval.redemption.decide_by
    tasks.lapse_due_requests()
    before = OutboundMail.objects.count()
    tasks.lapse_due_requests()
    assert OutboundMail.objects.count() == before


def test_one_that_cannot_lapse_does_not_keep_the_next_from_it(
    approval, account, session, moving_clock, monkeypatch
):
    other = factories.ask(account, session, email="ben@example.com").approval
    moving_clock.moment = approval.redemption.decide_by
    approval.redemption.status = "withdrawn"
    approval.redemption.ended_at = moving_clock.moment
    approval.redemption.save(update_fields=["status", "ended_at"])
    tasks.lapse_due_requests()
    other.refresh_from_db()
    assert other.status == ApprovalRequest.Status.LAPSED


@pytest.mark.parametrize(("hours", "mails"), [(23, 0), (24, 2), (71, 2), (72, 4)])
def test_approvers_are_reminded_after_a_day_and_after_three(approval, moving_clock, hours, mails):
    for _ in range(hours):
        moving_clock.advance(hours=1)
        tasks.remind_approvers()
    assert reminders().count() == mails


def test_a_late_run_sends_the_one_step_that_is_due(approval, moving_clock):
    moving_clock.advance(hours=80)
    tasks.remind_approvers()
    tasks.remind_approvers()
    assert sorted(reminders().values_list("recipient", flat=True)) == [
        "dana@example.com",
        "olga@example.com",
    ]


def test_a_removed_delegate_is_not_reminded(approval, account, delegate, moving_clock):
    remove_delegate(delegate=delegate, actor=account.owner)
    moving_clock.advance(hours=24)
    tasks.remind_approvers()
    assert [mail.recipient for mail in reminders()] == ["olga@example.com"]


def test_a_decided_request_is_not_reminded_of(approval, owner, moving_clock):
    services.decide(request=approval, by=services.decider(user=owner), approve=True)
    moving_clock.advance(hours=24)
    tasks.remind_approvers()
    assert not reminders().exists()


def test_an_overdue_request_is_not_reminded_of(approval, moving_clock):
    moving_clock.moment = approval.redemption.decide_by
    tasks.remind_approvers()
    assert not reminders().exists()
