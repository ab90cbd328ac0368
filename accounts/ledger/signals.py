"""What higher apps hear of the ledger, sent inside the transaction."""

from django.dispatch import Signal

# entry (of restore or release, with credits that are available again): purchasing withdraws what
# a refund or charge-back could not take before (rules.md 7.4).
credits_returned = Signal()
