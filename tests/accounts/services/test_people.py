import pytest

from accounts import services
from accounts.services import Approver
from credits_portal.outbox.models import OutboundMail
from tests.factories.accounts import CreditAccountFactory, DelegateFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CreditAccountFactory(owner__email="olive@example.com")


def emails(approvers):
    return [approver.email for approver in approvers]


def test_the_owner_decides_first_and_then_active_delegates(account):
    first, second = DelegateFactory.create_batch(2, account=account, active=True)
    approvers = services.approvers_of(account)
    assert emails(approvers) == ["olive@example.com", first.email, second.email]


def test_whoever_has_not_accepted_does_not_decide(account):
    DelegateFactory(account=account)
    assert emails(services.approvers_of(account)) == ["olive@example.com"]


def test_a_removed_delegate_does_not_decide(account):
    DelegateFactory(account=account, status="removed")
    assert emails(services.approvers_of(account)) == ["olive@example.com"]


def test_an_approver_is_known_by_user_and_delegation(account):
    delegate = DelegateFactory(account=account, active=True)
    user = UserFactory(email=delegate.email)
    assert services.approvers_of(account)[1] == Approver(
        email=delegate.email, name=delegate.name, user_id=user.pk, delegate_id=delegate.pk
    )


def test_nobody_decides_an_own_request(account):
    first, second = DelegateFactory.create_batch(2, account=account, active=True)
    deciders = services.deciders_of(account, senders=[first.email.upper(), "Olive@example.com"])
    assert emails(deciders) == [second.email]


def test_an_owner_who_is_alone_decides_an_own_request(account):
    deciders = services.deciders_of(account, senders=["olive@example.com"])
    assert emails(deciders) == ["olive@example.com"]


def test_approvers_are_read_afresh(account):
    services.replace_owner(account=type(account).objects.get(pk=account.pk), owner=UserFactory())
    assert emails(services.approvers_of(account)) != ["olive@example.com"]


@pytest.mark.parametrize("delegates", [1, 3])
def test_approvers_take_three_queries(account, delegates, django_assert_num_queries):
    DelegateFactory.create_batch(delegates, account=account, active=True)
    with django_assert_num_queries(3):
        services.approvers_of(account)


def test_reminders_go_to_owner_and_delegates(account):
    delegate = DelegateFactory(account=account, active=True)
    recipients = services.reminder_recipients(account, early=True)
    assert emails(recipients) == ["olive@example.com", delegate.email]


def test_the_owner_can_stop_early_reminders(account):
    account.early_reminders = False
    assert services.reminder_recipients(account, early=True) == []


def test_the_owner_always_gets_the_last_reminders(account):
    account.early_reminders = False
    recipients = services.reminder_recipients(account, early=False)
    assert emails(recipients) == ["olive@example.com"]


def test_a_delegate_can_stop_reminders(account):
    DelegateFactory(account=account, active=True, reminders=False)
    recipients = services.reminder_recipients(account, early=False)
    assert emails(recipients) == ["olive@example.com"]


def test_the_owner_can_stop_the_delegates_reminders(account):
    DelegateFactory(account=account, active=True)
    account.delegate_reminders = False
    recipients = services.reminder_recipients(account, early=False)
    assert emails(recipients) == ["olive@example.com"]


def test_a_refused_invitation_is_shown_until_one_arrives(account):
    delegate = services.invite_delegate(
        account=account, actor=account.owner, email="dana@example.com"
    )
    OutboundMail.objects.update(state="failed")
    refused = services.delegates_with_mail_state(account)
    services.resend_invitation(delegate=delegate, actor=account.owner)
    assert [refused, services.delegates_with_mail_state(account)] == [
        [(delegate, True)],
        [(delegate, False)],
    ]
