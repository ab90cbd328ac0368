"""The statement of the month that ended last, mailed to whoever wants it."""

from accounts.models import CreditAccount
from credits_portal.lib.locks import transactional

from . import emails, flows, subscriptions
from .periods import previous_month


def send_statements() -> int:
    """Queue the statements, an account at a time; return how many mails are owed.

    Safe to repeat: a mail has the month in its key. An account in which nothing moved and nothing
    is left gets none.
    """
    accounts = CreditAccount.objects.filter(ledger_number__gt=0).select_related("owner")
    return sum(_send(account) for account in accounts.order_by("pk").iterator(chunk_size=500))


@transactional
def _send(account: CreditAccount) -> int:
    period = previous_month()
    addresses = subscriptions.recipients(account)
    month = flows.total(flows.monthly(account, period))
    if not addresses or not (month.opening or month.closing or month.purchased.credits):
        return 0
    for address in addresses:
        emails.monthly_statement(account=account, month=period.first_day, recipient=address)
    return len(addresses)
