"""The statement of the month that ended last, mailed to whoever wants it."""

from accounts.models import CreditAccount
from credits_portal.lib import rounds
from credits_portal.lib.locks import transactional

from . import emails, flows, subscriptions
from .periods import previous_month


def send_statements() -> None:
    """Queue the statements, an account at a time.

    Safe to repeat: a mail has the month in its key. An account in which nothing moved and nothing
    is left gets none.
    """
    accounts = CreditAccount.objects.filter(ledger_number__gt=0).select_related("owner")
    rounds.each(accounts.order_by("pk").iterator(chunk_size=500), _send)


@transactional
def _send(account: CreditAccount) -> None:
    period = previous_month()
    addresses = subscriptions.recipients(account)
    month = flows.total(flows.monthly(account, period))
    if not addresses or not (month.opening or month.closing or month.purchased.credits):
        return
    for address in addresses:
        emails.monthly_statement(account=account, month=period.first_day, recipient=address)
