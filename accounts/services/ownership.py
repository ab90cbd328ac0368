"""Handing an account to another owner (rules.md 9)."""

from accounts import emails
from accounts.exceptions import NotADelegate, NotTheOwner, OfferEnded
from accounts.models import CreditAccount, Delegate, User
from accounts.signals import owner_changed
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional

from .delegates import end_delegation


@transactional
def offer_ownership(*, delegate: Delegate, actor: User) -> Delegate:
    """Offer the account to an active delegate; an offer to somebody else ends.

    Nothing else changes until it is taken. Raises NotTheOwner, NotADelegate.
    """
    account = locked(delegate.account)
    delegate = locked(delegate)
    if not account.is_owned_by(actor):
        raise NotTheOwner
    if delegate.status != Delegate.Status.ACCEPTED:
        raise NotADelegate
    if delegate.ownership_offered_at is None:
        _end_offers(account)
        delegate.ownership_offered_at = clock.now()
        delegate.save(update_fields=["ownership_offered_at"])
        emails.ownership_offered(delegate=delegate)
    return delegate


@transactional
def withdraw_offer(*, account: CreditAccount, actor: User) -> None:
    """Take the offer back, or decline it (the owner is told): nothing changes.

    Raises NotTheOwner.
    """
    account = locked(account)
    offered = account.delegates.offered_to(actor).first()
    if not (account.is_owned_by(actor) or offered):
        raise NotTheOwner
    if offered:
        emails.ownership_declined(delegate=offered)
    _end_offers(account)


@transactional
def take_ownership(*, account: CreditAccount, actor: User) -> CreditAccount:
    """Make the delegate to whom the account was offered its owner; both are told.

    Raises OfferEnded.
    """
    account = locked(account)
    delegate = account.delegates.active().filter(email=actor.email).first()
    if delegate is None or delegate.ownership_offered_at is None:
        raise OfferEnded
    return _hand_over(account, actor)


@transactional
def replace_owner(*, account: CreditAccount, owner: User) -> CreditAccount:
    """Give the account another owner, for staff, when the owner has left; both are told."""
    account = locked(account)
    return account if account.is_owned_by(owner) else _hand_over(account, owner)


def _hand_over(account: CreditAccount, owner: User) -> CreditAccount:
    """Change the owner, whose own delegation ends: nobody is both."""
    former = account.owner
    _end_offers(account)
    delegation = account.delegates.current().filter(email=owner.email).first()
    if delegation:
        end_delegation(delegation)
    account.owner = owner
    account.save(update_fields=["owner"])
    emails.owner_changed(account=account, former=former)
    owner_changed.send(sender=CreditAccount, account=account, former=former)
    return account


def _end_offers(account: CreditAccount) -> None:
    account.delegates.update(ownership_offered_at=None)
