"""What approvals hears from the apps below it, inside their transactions."""

from typing import Any

from django.dispatch import receiver

from accounts.models import CreditAccount, Delegate, User
from accounts.signals import delegate_accepted, owner_changed
from redemption.models import Redemption
from redemption.signals import redemption_ended, redemption_moved, redemption_submitted

from . import services


@receiver(redemption_submitted)
def on_submitted(redemption: Redemption, **_kwargs: Any) -> None:
    """Ask the approvers."""
    services.open_request(redemption=redemption)


@receiver(redemption_ended)
def on_ended(redemption: Redemption, actor: User | str, **_kwargs: Any) -> None:
    """Let the links say how the request ended."""
    services.close(redemption=redemption, actor=actor)


@receiver(redemption_moved)
def on_moved(redemption: Redemption, **_kwargs: Any) -> None:
    """Tell the approvers the new date and the new decide-by."""
    services.tell_moved(redemption=redemption)


@receiver(delegate_accepted)
def on_delegate_accepted(delegate: Delegate, **_kwargs: Any) -> None:
    """Ask the new delegate about what already waits."""
    services.mail_new_approvers(account=delegate.account)


@receiver(owner_changed)
def on_owner_changed(account: CreditAccount, **_kwargs: Any) -> None:
    """Ask the new owner about what already waits."""
    services.mail_new_approvers(account=account)
