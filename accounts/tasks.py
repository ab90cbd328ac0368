"""Tasks of accounts and their ledger: wake-ups, safe to repeat and to miss."""

from celery import shared_task

from accounts import ledger
from credits_portal.lib import clock, throttle


@shared_task(name="accounts.expire_lots", ignore_result=True)
def expire_lots() -> None:
    """Book as expired what is past its last day (rules.md 3)."""
    ledger.expire(day=clock.today())


@shared_task(name="accounts.forget_guesses", ignore_result=True)
def forget_guesses() -> None:
    """Delete the counts that no limit looks at any more."""
    throttle.prune()
