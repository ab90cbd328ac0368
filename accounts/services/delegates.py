"""Inviting, accepting and removing delegates (rules.md 9)."""

from accounts import emails
from accounts.exceptions import (
    AlreadyDelegate,
    InvitationEnded,
    NotTheOwner,
    OwnerAsDelegate,
    TooManyInvitations,
)
from accounts.models import CreditAccount, Delegate, User
from accounts.signals import delegate_accepted, delegate_removed
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional
from credits_portal.outbox.services import too_many


@transactional
def invite_delegate(*, account: CreditAccount, actor: User, email: str, name: str = "") -> Delegate:
    """Invite `email` as a delegate; somebody removed earlier may be invited again.

    Raises NotTheOwner, OwnerAsDelegate, AlreadyDelegate, TooManyInvitations.
    """
    account = locked(account)
    if not account.is_owned_by(actor):
        raise NotTheOwner
    email = email.strip().lower()
    if email == account.owner.email:
        raise OwnerAsDelegate
    if account.delegates.current().filter(email=email).exists():
        raise AlreadyDelegate
    _refuse_mail_bombing(email)
    delegate = Delegate.objects.create(account=account, email=email, name=name.strip())
    emails.delegate_invited(delegate=delegate)
    return delegate


@transactional
def resend_invitation(*, delegate: Delegate, actor: User) -> Delegate:
    """Mail the same link again. Raises NotTheOwner, InvitationEnded, TooManyInvitations."""
    delegate = _locked_for(delegate, actor)
    if delegate.status != Delegate.Status.INVITED:
        raise InvitationEnded
    _refuse_mail_bombing(delegate.email)
    delegate.invited_at = clock.now()
    delegate.save(update_fields=["invited_at"])
    emails.delegate_invited(delegate=delegate)
    return delegate


@transactional
def accept_delegation(*, delegate: Delegate) -> Delegate:
    """Make the invited person an active delegate and tell the owner; accepting twice is once.

    Whoever has the mailed link has the address, so no password is asked. Raises InvitationEnded.
    """
    account = locked(delegate.account)
    delegate = locked(delegate)
    if delegate.status == Delegate.Status.ACCEPTED:
        return delegate
    if delegate.status == Delegate.Status.REMOVED or delegate.email == account.owner.email:
        raise InvitationEnded
    delegate.status = Delegate.Status.ACCEPTED
    delegate.accepted_at = clock.now()
    delegate.save(update_fields=["status", "accepted_at"])
    emails.delegate_accepted(delegate=delegate)
    delegate_accepted.send(sender=Delegate, delegate=delegate)
    return delegate


@transactional
def remove_delegate(*, delegate: Delegate, actor: User) -> Delegate:
    """Take the right to see and decide at once, and tell the person; removing twice is once.

    Raises NotTheOwner.
    """
    delegate = _locked_for(delegate, actor)
    if delegate.status != Delegate.Status.REMOVED:
        end_delegation(delegate)
        emails.delegate_removed(delegate=delegate)
    return delegate


def end_delegation(delegate: Delegate) -> None:
    """End a delegation, in the caller's transaction under the account's lock."""
    delegate.status = Delegate.Status.REMOVED
    delegate.removed_at = clock.now()
    delegate.ownership_offered_at = None
    delegate.save(update_fields=["status", "removed_at", "ownership_offered_at"])
    delegate_removed.send(sender=Delegate, delegate=delegate)


def _locked_for(delegate: Delegate, actor: User) -> Delegate:
    account = locked(delegate.account)
    if not account.is_owned_by(actor):
        raise NotTheOwner
    return locked(delegate)


def _refuse_mail_bombing(email: str) -> None:
    if too_many("accounts.delegate_invited", email):
        raise TooManyInvitations
