"""One-click links that switch a reminder off: signed, for one account and one recipient."""

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from accounts.models import CreditAccount, Delegate
from credits_portal.lib.links import absolute
from credits_portal.lib.locks import locked, transactional

SALT = "accounts.unsubscribe"


@dataclass(frozen=True)
class Subscription:
    """The reminders of an account that go to one address."""

    account: CreditAccount
    email: str

    @property
    def is_owner(self) -> bool:
        """Tell whether the address is the owner's, whose last reminders cannot be stopped."""
        return self.account.owner.email == self.email

    @property
    def url(self) -> str:
        """Return the absolute address for List-Unsubscribe and the mail's foot."""
        token = signing.dumps([self.account.public_id, self.email], salt=SALT)
        return absolute(reverse("accounts:unsubscribe", args=[token]))


def unsubscribe_url(account: CreditAccount, email: str) -> str:
    """Return where the receiver of an early reminder, or a delegate, stops them (rules.md 8)."""
    return Subscription(account, email.lower()).url


def subscription_of(token: str) -> Subscription | None:
    """Return what `token` stops, or None for a token that is not ours."""
    try:
        public_id, email = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    account = CreditAccount.objects.select_related("owner").filter(public_id=public_id).first()
    return Subscription(account, email) if account else None


@transactional
def unsubscribe(*, subscription: Subscription) -> None:
    """Switch the reminders off: the owner's early ones, or all of one delegate's."""
    account = locked(subscription.account)
    if account.owner.email == subscription.email:
        account.early_reminders = False
        account.save(update_fields=["early_reminders"])
    Delegate.objects.current().filter(account=account, email=subscription.email).update(
        reminders=False
    )
