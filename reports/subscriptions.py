"""Who gets the monthly statement, and the one-click links that stop it: signed, for one address."""

from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from accounts.models import CreditAccount, Delegate, DelegateQuerySet
from credits_portal.lib.links import absolute
from credits_portal.lib.locks import locked, transactional

SALT = "reports.monthly_statement"


@dataclass(frozen=True)
class Subscription:
    """The monthly statement of an account that goes to one address."""

    account: CreditAccount
    email: str


def stop_url(account: CreditAccount, email: str) -> str:
    """Return where the receiver stops the statement with one click."""
    token = signing.dumps([account.public_id, email.lower()], salt=SALT)
    return absolute(reverse("reports:stop_statement", args=[token]))


def subscription_of(token: str) -> Subscription | None:
    """Return what `token` stops, or None for a token that is not ours."""
    try:
        public_id, email = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    account = CreditAccount.objects.select_related("owner").filter(public_id=public_id).first()
    return Subscription(account, email) if account else None


@transactional
def stop(*, subscription: Subscription) -> None:
    """Send this address no more monthly statements of the account."""
    account = locked(subscription.account)
    if account.owner.email == subscription.email:
        account.monthly_statement = False
        account.save(update_fields=["monthly_statement"])
    _delegates(account, subscription.email).update(monthly_statement=False)


def choose(*, account: CreditAccount, email: str, wanted: bool) -> None:
    """Let an active delegate say whether they want the statement."""
    _delegates(account, email).update(monthly_statement=wanted)


def is_wanted(account: CreditAccount, email: str) -> bool:
    """Tell whether a delegate gets the statement."""
    return _delegates(account, email).filter(monthly_statement=True).exists()


def recipients(account: CreditAccount) -> list[str]:
    """Return who gets the statement: the owner unless stopped, delegates who want it."""
    owner = [account.owner.email] if account.monthly_statement else []
    willing = Delegate.objects.active().filter(account=account, monthly_statement=True)
    return [*owner, *willing.order_by("pk").values_list("email", flat=True)]


def _delegates(account: CreditAccount, email: str) -> DelegateQuerySet:
    return Delegate.objects.active().filter(account=account, email=email)
