"""What staff do to credits by hand, always with a reason (rules.md 9)."""

from accounts import ledger, passkeys
from accounts.models import CreditAccount, CreditLot, User
from credits_portal.lib.locks import locked, transactional

from .alerts import low_balance_alert


@transactional
def move_credits(
    *, lot: CreditLot, credits: int, to: CreditAccount, key: str, actor: User, reason: str
) -> CreditLot:
    """Move available credits of a lot to another account; price and dates are kept.

    The same `key` again returns the first new lot. Raises ledger.InsufficientCredits for more than
    is available or a lot past its last day, and ledger.InvalidRequest for the same account.
    """
    if lot.account_id == to.pk:
        raise ledger.InvalidRequest("the same account")
    pair = CreditAccount.objects.filter(pk__in=[lot.account_id, to.pk]).order_by("pk")
    rows = {account.pk: locked(account) for account in pair}
    with low_balance_alert(account=rows[lot.account_id], cause=f"move:{key}"):
        ledger.withdraw(lot=lot, credits=credits, key=f"move:{key}:out", actor=actor, reason=reason)
    passkeys.ensure(account=to)
    return ledger.issue(
        account=to,
        credits=credits,
        unit_price=lot.unit_price,
        purchased_on=lot.purchased_on,
        last_day=lot.last_day,
        key=f"move:{key}:in",
        actor=actor,
        reason=reason,
    )
