"""Requests for approval, from opening to decision or lapse (rules.md 5)."""

from datetime import timedelta

import pytest

from accounts.ledger import balance
from accounts.models import LedgerEntry
from accounts.services import freeze, invite_delegate, remove_delegate
from approvals import services
from approvals.exceptions import (
    AlreadyEnded,
    CannotBeApproved,
    NotAnApprover,
    OwnRequest,
    ReasonMissing,
    SignInNeeded,
)
from approvals.models import ApprovalLink, ApprovalRequest
from credits_portal.lib import clock
from credits_portal.outbox.models import OutboundMail
from redemption import services as redemptions
from redemption.services import move_session, withdraw
from tests.factories import approvals as factories
from tests.factories.accounts import UserFactory

Status = ApprovalRequest.Status


def decide(approval, link=None, user=None, *, approve=True, note="Not this quarter"):
    by = services.decider(user=user, link=link)
    services.decide(request=approval, by=by, approve=approve, note="" if approve else note)
    approval.refresh_from_db()


def mails(name):
    return sorted(OutboundMail.objects.filter(name=name).values_list("recipient", flat=True))


def test_a_pending_registration_opens_one_request(approval):
    assert list(ApprovalRequest.objects.open()) == [approval]


def test_owner_and_delegate_get_a_mail_each(approval):
    assert mails("approvals.needed") == ["dana@example.com", "olga@example.com"]


def test_an_invited_delegate_gets_no_mail_before_accepting(account, session):
    invite_delegate(account=account, actor=account.owner, email="ina@example.com")
    factories.ask(account, session)
    assert mails("approvals.needed") == ["olga@example.com"]


def test_no_request_is_opened_where_approval_is_off(account, session):
    account.requires_approval = False
    account.save(update_fields=["requires_approval"])
    factories.ask(account, session)
    assert ApprovalRequest.objects.count() == 0


def test_the_owner_signed_in_needs_no_approval(account, owner, session):
    redemption = factories.ask(account, session, email=owner.email, user=owner)
    assert redemption.is_confirmed


def test_a_delegate_approves_by_link(approval, link_of):
    decide(approval, link_of("dana@example.com"))
    assert (approval.status, approval.decided_by, approval.how) == (
        Status.APPROVED, "dana@example.com", "link"
    )  # fmt: skip


def test_approving_redeems_the_held_credits(approval, account, link_of):
    decide(approval, link_of("dana@example.com"))
    assert (balance(account=account).held, balance(account=account).redeemed) == (0, 600)


def test_approving_confirms_the_registration(approval, link_of):
    decide(approval, link_of("dana@example.com"))
    approval.redemption.refresh_from_db()
    assert approval.redemption.is_confirmed


def test_the_owner_decides_signed_in(approval, owner):
    decide(approval, user=owner)
    assert (approval.decided_by, approval.how) == (owner.email, "signed_in")


def test_a_link_opened_by_its_approver_signed_in_counts_as_signed_in(approval, owner, link_of):
    decide(approval, link_of(owner.email), user=owner)
    assert approval.how == "signed_in"


def test_a_link_opened_by_somebody_else_signed_in_counts_as_the_link(approval, owner, link_of):
    decide(approval, link_of("dana@example.com"), user=owner)
    assert (approval.decided_by, approval.how) == ("dana@example.com", "link")


def test_the_ledger_never_names_an_address(approval, link_of):
    decide(approval, link_of("dana@example.com"))
    assert "@" not in LedgerEntry.objects.get(kind="capture").actor


def test_declining_releases_the_credits(approval, account, link_of):
    decide(approval, link_of("dana@example.com"), approve=False)
    assert (balance(account=account).held, balance(account=account).available) == (0, 10_000)


def test_declining_tells_the_registrant_the_reason(approval, link_of):
    decide(approval, link_of("dana@example.com"), approve=False, note="Next year")
    approval.redemption.refresh_from_db()
    assert (approval.status, approval.redemption.outcome_note) == (Status.DECLINED, "Next year")


def test_declining_asks_for_a_reason(approval, link_of):
    with pytest.raises(ReasonMissing):
        decide(approval, link_of("dana@example.com"), approve=False, note="  ")


def test_the_first_decision_wins(approval, owner, link_of):
    decide(approval, link_of("dana@example.com"))
    with pytest.raises(AlreadyEnded):
        decide(approval, link_of(owner.email), approve=False)
    assert approval.decided_by == "dana@example.com"


def test_a_link_decides_once(approval, link_of):
    decide(approval, link_of("dana@example.com"))
    with pytest.raises(AlreadyEnded):
        decide(approval, link_of("dana@example.com"))


def test_the_link_that_decided_is_marked_used(approval, link_of):
    decide(approval, link_of("dana@example.com"))
    assert link_of("dana@example.com").used_at == clock.now()


def test_a_removed_delegates_link_is_refused(approval, account, delegate, link_of):
    remove_delegate(delegate=delegate, actor=account.owner)
    with pytest.raises(NotAnApprover):
        decide(approval, link_of("dana@example.com"))


def test_a_refused_decision_leaves_nothing_behind(approval, account, delegate, link_of):
    remove_delegate(delegate=delegate, actor=account.owner)
    before = (LedgerEntry.objects.count(), OutboundMail.objects.count())
    with pytest.raises(NotAnApprover):
        decide(approval, link_of("dana@example.com"))
    assert (LedgerEntry.objects.count(), OutboundMail.objects.count()) == before


def test_a_delegate_removed_while_the_decision_takes_its_locks_is_refused(
    approval, account, delegate, link_of, monkeypatch
):
    confirm = services.redemptions.confirm

    def removed_meanwhile(**kwargs):
        remove_delegate(delegate=delegate, actor=account.owner)
        return confirm(**kwargs)

    monkeypatch.setattr(services.redemptions, "confirm", removed_meanwhile)
    with pytest.raises(NotAnApprover):
        decide(approval, link_of("dana@example.com"))
    approval.refresh_from_db()
    assert approval.is_open


def test_a_stranger_signed_in_is_refused(approval):
    with pytest.raises(NotAnApprover):
        decide(approval, user=UserFactory(email="eve@example.com"))


def test_a_delegate_gets_no_link_for_an_own_request(account, delegate, session):
    redemption = factories.ask(account, session, email="Dana@Example.com")
    assert [link.email for link in redemption.approval.links.all()] == ["olga@example.com"]


def test_a_delegate_is_refused_for_an_own_request(account, delegate, session):
    approval = factories.ask(account, session, email=delegate.email).approval
    with pytest.raises(OwnRequest):
        decide(approval, user=UserFactory(email=delegate.email))


def test_a_request_sent_signed_in_is_ones_own_whatever_address_it_names(account, delegate, session):
    user = UserFactory(email=delegate.email)
    approval = factories.ask(account, session, user=user).approval
    with pytest.raises(OwnRequest):
        decide(approval, user=user)


def test_an_owner_with_a_delegate_leaves_an_own_request_to_the_delegate(account, delegate, session):
    approval = factories.ask(account, session, email=account.owner.email).approval
    with pytest.raises(OwnRequest):
        decide(approval, user=account.owner)


def test_an_owner_alone_decides_an_own_request_signed_in(account, owner, session):
    approval = factories.ask(account, session, email=owner.email).approval
    decide(approval, user=owner)
    assert approval.status == Status.APPROVED


def test_an_owner_alone_does_not_decide_an_own_request_by_link(account, owner, session):
    approval = factories.ask(account, session, email=owner.email).approval
    with pytest.raises(SignInNeeded):
        decide(approval, approval.links.get())


def test_above_the_owners_amount_a_link_asks_for_signing_in(approval, account, link_of):
    account.sign_in_above = 599
    account.save(update_fields=["sign_in_above"])
    with pytest.raises(SignInNeeded):
        decide(approval, link_of("dana@example.com"))


def test_at_the_owners_amount_a_link_is_enough(approval, account, link_of):
    account.sign_in_above = 600
    account.save(update_fields=["sign_in_above"])
    decide(approval, link_of("dana@example.com"))
    assert approval.status == Status.APPROVED


def test_above_the_owners_amount_the_approver_decides_signed_in(approval, account, link_of):
    account.sign_in_above = 0
    account.save(update_fields=["sign_in_above"])
    decide(approval, link_of("dana@example.com"), user=UserFactory(email="dana@example.com"))
    assert approval.status == Status.APPROVED


def test_a_frozen_account_cannot_be_approved(approval, account, link_of):
    freeze(account=account, reason="Charge-back")
    with pytest.raises(CannotBeApproved, match="frozen"):
        decide(approval, link_of("dana@example.com"))
    approval.refresh_from_db()
    assert approval.is_open


def test_a_frozen_account_can_be_declined(approval, account, link_of):
    freeze(account=account, reason="Charge-back")
    decide(approval, link_of("dana@example.com"), approve=False)
    assert approval.status == Status.DECLINED


def test_a_class_called_off_cannot_be_approved(approval, session, link_of):
    type(session).objects.filter(pk=session.pk).update(status="cancelled", cancelled_at=clock.now())
    with pytest.raises(CannotBeApproved):
        decide(approval, link_of("dana@example.com"))


def test_turning_approval_off_decides_nothing(approval, account, link_of):
    account.requires_approval = False
    account.save(update_fields=["requires_approval"])
    decide(approval, link_of("dana@example.com"))
    assert approval.status == Status.APPROVED


def test_withdrawing_ends_the_request(approval, link_of):
    withdraw(redemption=approval.redemption, actor="registration:1")
    with pytest.raises(AlreadyEnded):
        decide(approval, link_of("dana@example.com"))
    approval.refresh_from_db()
    assert approval.status == Status.WITHDRAWN


def test_past_decide_by_nothing_is_decided(approval, moving_clock, link_of):
    moving_clock.moment = approval.redemption.decide_by
    with pytest.raises(AlreadyEnded):
        decide(approval, link_of("dana@example.com"))


def test_a_moment_before_decide_by_it_is_decided(approval, moving_clock, link_of):
    moving_clock.moment = approval.redemption.decide_by - timedelta(microseconds=1)
    decide(approval, link_of("dana@example.com"))
    assert approval.status == Status.APPROVED


def test_a_delegate_who_accepts_later_is_mailed_what_waits(approval, account):
    factories.make_delegate(account, "late@example.com")
    assert "late@example.com" in mails("approvals.needed")


def test_a_delegate_who_accepts_later_brings_the_others_no_second_mail(approval, account):
    factories.make_delegate(account, "late@example.com")
    assert mails("approvals.needed").count("olga@example.com") == 1


def test_each_approver_has_one_link_for_a_request(approval):
    assert ApprovalLink.objects.count() == 2


def move(session, **delta):
    move_session(
        session=session,
        starts_at=session.starts_at + timedelta(**delta),
        ends_at=session.ends_at + timedelta(**delta),
        notice="The trainer is ill.",
    )
    session.refresh_from_db()


def test_a_moved_class_is_told_to_each_approver_once(approval, session):
    move(session, days=-3)
    told = OutboundMail.objects.filter(name__contains="moved")
    assert sorted(told.values_list("name", "recipient")) == [
        ("approvals.moved", "dana@example.com"),
        ("approvals.moved", "olga@example.com"),
        ("redemption.class_moved", "ana@example.com"),
    ]


def test_a_class_moved_there_and_back_is_told_each_time(approval, session, moving_clock):
    move(session, days=1)
    moving_clock.advance(hours=1)
    move(session, days=-1)
    moving_clock.advance(hours=1)
    move(session, days=1)
    assert len(mails("approvals.moved")) == 6


def test_a_move_is_not_told_about_a_request_that_was_decided(approval, session, link_of):
    decide(approval, link_of("dana@example.com"))
    move(session, days=1)
    assert mails("approvals.moved") == []


def test_a_move_is_not_told_to_a_removed_delegate(approval, account, session, delegate):
    remove_delegate(delegate=delegate, actor=account.owner)
    move(session, days=1)
    assert mails("approvals.moved") == ["olga@example.com"]


def test_whoever_sent_the_request_is_not_asked_to_decide_the_new_date(account, delegate, session):
    factories.ask(account, session, email=delegate.email)
    move(session, days=1)
    assert mails("approvals.moved") == ["olga@example.com"]


def test_a_request_declined_without_a_link_is_closed_with_who_did_it(approval, owner):
    redemptions.decline(redemption=approval.redemption, actor=owner, reason="Sold out")
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by, approval.note) == (
        Status.DECLINED, owner.email, "Sold out"
    )  # fmt: skip


def test_a_request_confirmed_without_a_link_is_closed_too(approval, settings):
    redemptions.confirm(redemption=approval.redemption, actor="job:test")
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by) == (Status.APPROVED, settings.SUPPORT_EMAIL)


def test_a_refused_approval_leaves_the_request_open(approval, account, link_of):
    freeze(account=account, reason="Charge-back")
    with pytest.raises(CannotBeApproved):
        decide(approval, link_of("dana@example.com"))
    approval.refresh_from_db()
    assert (approval.status, approval.decided_by) == (Status.OPEN, "")
