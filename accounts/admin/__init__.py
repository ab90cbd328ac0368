"""What staff see of people, credit accounts and the ledger."""

from . import accounts, ledger, people

__all__ = ["accounts", "ledger", "people"]
