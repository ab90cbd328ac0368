import pytest

from accounts import services
from accounts.exceptions import (
    AlreadyDelegate,
    InvitationEnded,
    NotTheOwner,
    OwnerAsDelegate,
    TooManyInvitations,
)
from accounts.models import CreditAccount, Delegate
from accounts.signals import delegate_accepted, delegate_removed
from credits_portal.outbox.models import OutboundMail
from tests.factories.accounts import CreditAccountFactory, DelegateFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CreditAccountFactory(owner__email="olive@example.com")


@pytest.fixture
def heard():
    """Collect the signals about delegates."""
    signals = []

    def on_accepted(delegate, **kwargs):
        signals.append(("accepted", delegate))

    def on_removed(delegate, **kwargs):
        signals.append(("removed", delegate))

    delegate_accepted.connect(on_accepted)
    delegate_removed.connect(on_removed)
    yield signals
    delegate_accepted.disconnect(on_accepted)
    delegate_removed.disconnect(on_removed)


def invite(account, email="dana@example.com", actor=None):
    return services.invite_delegate(account=account, actor=actor or account.owner, email=email)


def mails(name):
    return OutboundMail.objects.filter(name=f"accounts.{name}").count()


def visible_to(email):
    return list(CreditAccount.objects.visible_to(UserFactory(email=email)))


def test_an_invited_address_is_kept_in_lower_case(account):
    assert invite(account, " Dana@Example.COM ").email == "dana@example.com"


def test_the_invited_person_is_mailed(account):
    invite(account)
    assert mails("delegate_invited") == 1


def test_an_invitation_gives_no_right(account):
    invite(account)
    assert visible_to("dana@example.com") == []


def test_the_owner_is_not_invited(account):
    with pytest.raises(OwnerAsDelegate):
        invite(account, "OLIVE@example.com")


def test_nobody_is_invited_twice(account):
    invite(account)
    with pytest.raises(AlreadyDelegate):
        invite(account)


def test_a_delegate_invites_nobody(account):
    delegate = DelegateFactory(account=account, active=True)
    with pytest.raises(NotTheOwner):
        invite(account, actor=UserFactory(email=delegate.email))


def test_an_address_gets_at_most_five_invitations_an_hour(account):
    for number in range(5):
        invite(CreditAccountFactory(name=f"Company {number}"))
    with pytest.raises(TooManyInvitations):
        invite(account)


def test_sending_again_keeps_the_link(account):
    delegate = invite(account)
    again = services.resend_invitation(delegate=delegate, actor=account.owner)
    assert (again.link_token, mails("delegate_invited")) == (delegate.link_token, 2)


def test_an_accepted_invitation_is_not_sent_again(account):
    delegate = DelegateFactory(account=account, active=True)
    with pytest.raises(InvitationEnded):
        services.resend_invitation(delegate=delegate, actor=account.owner)


def test_sending_again_too_often_is_refused(account):
    delegate = invite(account)
    for _ in range(4):
        services.resend_invitation(delegate=delegate, actor=account.owner)
    with pytest.raises(TooManyInvitations):
        services.resend_invitation(delegate=delegate, actor=account.owner)


def test_accepting_gives_the_right_to_see(account):
    services.accept_delegation(delegate=invite(account))
    assert visible_to("dana@example.com") == [account]


def test_accepting_tells_the_owner(account):
    services.accept_delegation(delegate=invite(account))
    mail = OutboundMail.objects.get(name="accounts.delegate_accepted")
    assert mail.recipient == "olive@example.com"


def test_accepting_is_signalled(account, heard):
    delegate = services.accept_delegation(delegate=invite(account))
    assert heard == [("accepted", delegate)]


def test_accepting_twice_is_accepting_once(account, heard):
    delegate = invite(account)
    services.accept_delegation(delegate=delegate)
    services.accept_delegation(delegate=delegate)
    assert (len(heard), mails("delegate_accepted")) == (1, 1)


def test_an_invitation_taken_back_is_not_accepted(account):
    delegate = invite(account)
    services.remove_delegate(delegate=delegate, actor=account.owner)
    with pytest.raises(InvitationEnded):
        services.accept_delegation(delegate=delegate)


def test_whoever_became_the_owner_does_not_accept(account):
    delegate = invite(account)
    owner = UserFactory(email="dana@example.com")
    CreditAccount.objects.filter(pk=account.pk).update(owner=owner)
    with pytest.raises(InvitationEnded):
        services.accept_delegation(delegate=delegate)


def test_removing_ends_the_right_to_see(account):
    delegate = DelegateFactory(account=account, active=True)
    services.remove_delegate(delegate=delegate, actor=account.owner)
    assert visible_to(delegate.email) == []


def test_removing_tells_the_person(account):
    delegate = DelegateFactory(account=account, active=True)
    services.remove_delegate(delegate=delegate, actor=account.owner)
    mail = OutboundMail.objects.get(name="accounts.delegate_removed")
    assert mail.recipient == delegate.email


def test_removing_is_signalled_once(account, heard):
    delegate = DelegateFactory(account=account, active=True)
    services.remove_delegate(delegate=delegate, actor=account.owner)
    services.remove_delegate(delegate=delegate, actor=account.owner)
    assert heard == [("removed", delegate)]


def test_a_delegate_removes_nobody(account):
    delegate = DelegateFactory(account=account, active=True)
    with pytest.raises(NotTheOwner):
        services.remove_delegate(delegate=delegate, actor=UserFactory(email=delegate.email))


def test_somebody_removed_can_be_invited_again(account):
    delegate = DelegateFactory(account=account, active=True)
    services.remove_delegate(delegate=delegate, actor=account.owner)
    again = invite(account, delegate.email)
    assert (again.status, again.pk != delegate.pk) == (Delegate.Status.INVITED, True)


def test_the_old_invitation_does_not_open_the_new_one(account):
    delegate = invite(account)
    services.remove_delegate(delegate=delegate, actor=account.owner)
    invite(account)
    with pytest.raises(InvitationEnded):
        services.accept_delegation(delegate=Delegate.objects.for_token(delegate.link_token))
