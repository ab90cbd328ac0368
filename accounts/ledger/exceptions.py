"""What the ledger refuses. Each error has a message for the user and a code for tests."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class LedgerError(Exception):
    """The ledger refused; nothing was written."""

    code = "refused"
    message: str | Promise = _("The credits could not be booked.")

    def __init__(self, detail: str = "") -> None:
        """Keep `detail`, which is for developers and logs; users are shown `message`."""
        super().__init__(detail or self.code)


class InvalidRequest(LedgerError):
    """The call itself is wrong: a type, an amount, a price, a date or a text."""

    code = "request"


class InsufficientCredits(LedgerError):
    """Too few credits are available in the lots that fit."""

    code = "insufficient"
    message = _("There are not enough credits for this.")


class HoldEnded(LedgerError):
    """The hold was captured or released before, or holds credits past their last day."""

    code = "hold_ended"
    message = _("The credits held for this are not held any more.")


class KeyReused(LedgerError):
    """The idempotency key has named another request."""

    code = "key_reused"
    message = _("This was already used for another booking.")


class AccountFrozen(LedgerError):
    """The account may not spend."""

    code = "frozen"
    message = _("This account cannot spend credits at the moment.")


class NothingToRestore(LedgerError):
    """More was to be given back than remains of what the entry took."""

    code = "nothing_to_restore"
    message = _("Those credits were already given back.")
