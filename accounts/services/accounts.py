"""Opening an account, its settings, and stopping its spending."""

from typing import Any

from accounts import emails
from accounts.exceptions import NotTheOwner
from accounts.models import CreditAccount, Freeze, User
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional

from .people import approvers_of

SETTINGS = frozenset(
    {
        "name",
        "requires_approval",
        "sign_in_above",
        "low_balance_at",
        "asks_cost_centre",
        "early_reminders",
        "delegate_reminders",
        "monthly_statement",
    }
)


def open_account(*, owner: User, name: str) -> CreditAccount:
    """Open a credit account without credits; the passkey comes with the first payment."""
    return CreditAccount.objects.create(owner=owner, name=name.strip())


@transactional
def change_settings(*, account: CreditAccount, actor: User, **values: Any) -> CreditAccount:
    """Set those of SETTINGS that differ and mail the owner what changed ("not you?").

    Turning approval off decides nothing: pending requests stay pending (rules.md 5).
    Raises NotTheOwner.
    """
    account = locked(account)
    if not account.is_owned_by(actor):
        raise NotTheOwner
    if unknown := values.keys() - SETTINGS:
        raise TypeError(f"no settings: {sorted(unknown)}")
    changes = {name: new for name, new in values.items() if getattr(account, name) != new}
    if changes:
        for name, new in changes.items():
            setattr(account, name, new)
        account.save(update_fields=list(changes))
        emails.settings_changed(account=account, actor=actor, changes=changes)
    return account


def change_profile(*, user: User, name: str, language: str = "") -> None:
    """Set how the person is called, and the language of their mails if one is given."""
    user.name = name
    user.language = language or user.language
    user.save(update_fields=["name", "language"])


def choose_language(*, user: User, language: str) -> None:
    """Set the language of the person's mails; an empty one changes nothing."""
    if language and language != user.language:
        user.language = language
        user.save(update_fields=["language"])


@transactional
def freeze(*, account: CreditAccount, reason: str, source: str = Freeze.STAFF) -> CreditAccount:
    """Stop the account's spending for `source` until that releases it (rules.md 7).

    Owner and delegates are told when the account stops, not of further reasons. Confirmed places
    stay and money received is still credited. Repeating it changes nothing.
    """
    account = locked(account)
    Freeze.objects.get_or_create(
        account=account, source=source, released_at=None, defaults={"reason": reason}
    )
    if not account.is_frozen:
        _set_status(account, CreditAccount.Status.FROZEN)
        emails.account_frozen(account=account, reason=reason, recipients=_addresses(account))
    return account


@transactional
def release(*, account: CreditAccount, reason: str, source: str = Freeze.STAFF) -> CreditAccount:
    """End what `source` holds; the account spends again once nothing holds it any more.

    Owner and delegates are told then. Repeating it changes nothing.
    """
    account = locked(account)
    account.freezes.open().filter(source=source).update(released_at=clock.now())
    if account.is_frozen and not account.freezes.open().exists():
        _set_status(account, CreditAccount.Status.OPEN)
        emails.account_released(account=account, reason=reason, recipients=_addresses(account))
    return account


def _set_status(account: CreditAccount, status: CreditAccount.Status) -> None:
    account.status = status
    account.save(update_fields=["status"])


def _addresses(account: CreditAccount) -> list[str]:
    return [approver.email for approver in approvers_of(account)]
