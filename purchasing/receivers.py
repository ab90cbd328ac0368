"""What purchasing does when the ledger tells of credits that came back."""

from typing import Any

from django.dispatch import receiver

from accounts.ledger.signals import credits_returned
from accounts.models import LedgerEntry
from purchasing.services.recalls import recover


@receiver(credits_returned)
def recover_what_was_missing(entry: LedgerEntry, **_told: Any) -> None:
    """Withdraw what a refund or charge-back could not take before (rules.md 7.4)."""
    recover(entry)
