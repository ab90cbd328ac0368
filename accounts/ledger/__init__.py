"""The only writer of lots, entries, postings and holds. Everything others need is named here."""

from accounts.ledger.exceptions import (
    AccountFrozen,
    HoldEnded,
    InsufficientCredits,
    InvalidRequest,
    KeyReused,
    LedgerError,
    NothingToRestore,
)
from accounts.ledger.models import Bucket, CreditLot, Hold, LedgerEntry, Posting
from accounts.ledger.reading import Balance, balance
from accounts.ledger.sweep import expire
from accounts.ledger.verbs import capture, hold, issue, redeem, release, restore, withdraw
from accounts.ledger.verification import Violation, verify

__all__ = [
    "AccountFrozen",
    "Balance",
    "Bucket",
    "CreditLot",
    "Hold",
    "HoldEnded",
    "InsufficientCredits",
    "InvalidRequest",
    "KeyReused",
    "LedgerEntry",
    "LedgerError",
    "NothingToRestore",
    "Posting",
    "Violation",
    "balance",
    "capture",
    "expire",
    "hold",
    "issue",
    "redeem",
    "release",
    "restore",
    "verify",
    "withdraw",
]
