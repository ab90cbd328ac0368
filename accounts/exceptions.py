"""What the accounts app refuses, each with a message for the person and a code for programs."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

SECONDS_PER_MINUTE = 60


class AccountsError(Exception):
    """The base of every refusal of this app; `str()` is what the person reads."""

    code = "accounts"
    message: str | Promise = _("This could not be done.")

    def __str__(self) -> str:
        return str(self.message)


class PasskeyRefused(AccountsError):
    """A training passkey that does not spend (rules.md 4).

    `code` is typing_error, unknown, replaced or frozen. Only the first is told apart in the
    message: to its holder the others are one and the same refusal.
    """

    TYPING_ERROR = "typing_error"
    UNKNOWN = "unknown"
    REPLACED = "replaced"
    FROZEN = "frozen"

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = (
            _("Check the passkey for a typing error: it has 28 letters and digits.")
            if code == self.TYPING_ERROR
            else _("This passkey cannot be used. Check it with the person who gave it to you.")
        )


class TooManyGuesses(AccountsError):
    """Too many unknown passkeys came from one source (trust.md 3); a view answers 429."""

    code = "too_many_guesses"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(wait_seconds)
        self.wait_seconds = wait_seconds
        minutes = -(-wait_seconds // SECONDS_PER_MINUTE)
        self.message = ngettext(
            "Too many unknown passkeys were sent from your network. Try again in %(n)s minute.",
            "Too many unknown passkeys were sent from your network. Try again in %(n)s minutes.",
            minutes,
        ) % {"n": minutes}


class NotTheOwner(AccountsError):
    """Only the owner may do this (rules.md 9)."""

    code = "not_the_owner"
    message = _("Only the owner of the account can do this.")


class DelegateRefused(AccountsError):
    """Somebody who cannot be invited as a delegate."""

    code = "delegate_refused"


class OwnerAsDelegate(DelegateRefused):
    """The owner cannot be a delegate of the same account."""

    code = "owner_as_delegate"
    message = _("You own this account. Give the address of somebody else.")


class AlreadyDelegate(DelegateRefused):
    """The address has been invited, or is a delegate, already."""

    code = "already_delegate"
    message = _("This address is in the list already.")


class TooManyInvitations(DelegateRefused):
    """The address got as many invitations as it may in an hour (trust.md 3)."""

    code = "too_many_invitations"
    message = _("This address got 5 invitations in the last hour. Try again in an hour.")


class InvitationEnded(AccountsError):
    """The invitation was taken back, or its receiver owns the account now."""

    code = "invitation_ended"
    message = _("This invitation has ended.")


class OfferEnded(AccountsError):
    """Nobody offers this person the ownership (any more)."""

    code = "offer_ended"
    message = _("This offer has ended. Nothing has changed.")


class NotADelegate(AccountsError):
    """Ownership is handed to a delegate who has accepted (rules.md 9)."""

    code = "not_a_delegate"
    message = _("Choose a delegate who has accepted the invitation.")
