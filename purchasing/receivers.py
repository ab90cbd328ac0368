"""What purchasing does when the ledger tells of credits that came back."""

from collections.abc import Mapping
from typing import Any

from django.dispatch import receiver

from accounts.ledger.signals import credits_returned
from accounts.models import LedgerEntry
from accounts.signals import credits_may_return
from purchasing.services.recalls import recover, would_recover


@receiver(credits_returned)
def recover_what_was_missing(entry: LedgerEntry, **_told: Any) -> None:
    """Withdraw what a refund or charge-back could not take before (rules.md 7.4)."""
    recover(entry)


@receiver(credits_may_return)
def tell_what_is_missing(
    account: int, returning: Mapping[int, int], **_told: Any
) -> Mapping[int, int]:
    """Tell what would be withdrawn of credits about to return (rules.md 7.4)."""
    return would_recover(account, returning)
