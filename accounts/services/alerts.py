"""The low-balance alert: a mail when spending takes the balance below what the owner has set."""

from collections.abc import Iterator
from contextlib import contextmanager

from accounts import emails, ledger
from accounts.models import CreditAccount

from .people import approvers_of


@contextmanager
def low_balance_alert(*, account: CreditAccount, cause: str) -> Iterator[None]:
    """Mail owner and delegates if the block takes the balance from the threshold to below it.

    A fall is told once: the next mail needs a balance that has been at the threshold again.
    `account` is locked; `cause` names what spends, so that a repeat is the same mail.
    """
    threshold = account.low_balance_at
    if threshold is None:
        yield
        return
    before = ledger.balance(account=account).available
    yield
    left = ledger.balance(account=account).available
    if left < threshold <= before:
        recipients = {person.email: person.language for person in approvers_of(account)}
        emails.low_balance(account=account, left=left, recipients=recipients, cause=cause)
