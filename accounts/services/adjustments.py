"""What staff do to credits by hand, always with a reason (rules.md 9)."""

from datetime import date
from decimal import Decimal

from accounts import emails, ledger, passkeys
from accounts.models import CreditAccount, CreditLot, LedgerEntry, User
from credits_portal.lib import clock
from credits_portal.lib.locks import locked, transactional

from .alerts import low_balance_alert


def is_adjusted(*, account: CreditAccount, key: str) -> bool:
    """Tell whether the adjustment of this key is booked: a second click, or the back button."""
    keys = [f"adjust:{key}", f"move:{key}:out"]
    return LedgerEntry.objects.filter(account=account.pk, key__in=keys).exists()


@transactional
def withdraw_credits(*, lot: CreditLot, credits: int, key: str, actor: User, reason: str) -> None:
    """Take available credits of a lot out of circulation; the owner and a low balance are told.

    Raises ledger.InsufficientCredits for more than is available or a lot past its last day.
    """
    account = locked(lot.account)
    with low_balance_alert(account=account, cause=f"adjust:{key}"):
        entry = ledger.withdraw(
            lot=lot, credits=credits, key=f"adjust:{key}", actor=actor, reason=reason
        )
        _tell(entry)


@transactional
def grant_credits(
    *,
    account: CreditAccount,
    credits: int,
    unit_price: Decimal,
    last_day: date,
    key: str,
    actor: User,
    reason: str,
) -> CreditLot:
    """Give an account credits as a lot bought today, and a passkey to spend them if it has none.

    The owner is told.
    """
    passkeys.ensure(account=account)
    lot = ledger.issue(
        account=account,
        credits=credits,
        unit_price=unit_price,
        purchased_on=clock.today(),
        last_day=last_day,
        key=f"adjust:{key}",
        actor=actor,
        reason=reason,
    )
    _tell(_issued(lot))
    return lot


@transactional
def move_credits(
    *, lot: CreditLot, credits: int, to: CreditAccount, key: str, actor: User, reason: str
) -> CreditLot:
    """Move available credits of a lot to another account; price and dates are kept, owners told.

    The same `key` again returns the first new lot. Raises ledger.InsufficientCredits for more than
    is available or a lot past its last day, and ledger.InvalidRequest for the same account.
    """
    if lot.account_id == to.pk:
        raise ledger.InvalidRequest("the same account")
    pair = CreditAccount.objects.filter(pk__in=[lot.account_id, to.pk]).order_by("pk")
    rows = {account.pk: locked(account) for account in pair}
    with low_balance_alert(account=rows[lot.account_id], cause=f"move:{key}"):
        taken = ledger.withdraw(
            lot=lot, credits=credits, key=f"move:{key}:out", actor=actor, reason=reason
        )
        _tell(taken)
    passkeys.ensure(account=to)
    made = ledger.issue(
        account=to,
        credits=credits,
        unit_price=lot.unit_price,
        purchased_on=lot.purchased_on,
        last_day=lot.last_day,
        key=f"move:{key}:in",
        actor=actor,
        reason=reason,
    )
    _tell(_issued(made))
    return made


def _issued(lot: CreditLot) -> LedgerEntry:
    """Return the entry that made the lot."""
    return LedgerEntry.objects.get(postings__lot=lot, kind=LedgerEntry.Kind.ISSUE)


def _tell(entry: LedgerEntry) -> None:
    """Mail the owner; a repeated adjustment is told once."""
    left = ledger.balance(account=entry.account).available
    emails.credits_adjusted(entry=entry, left=left)
